import type { ReactNode } from 'react'
import { Icon } from './Icon'
import { LoopSteps } from './LoopSteps'

/** What a newcomer has to know to trust, or distrust, the numbers of a lab. */
export default function HowSection() {
  return (
    <section className="how" aria-labelledby="how-title">
      <h1 id="how-title">How it works</h1>
      <LoopSteps />
      <div className="answers">
        <Answer question="What is val_bpb?">
          Validation bits per byte: how many bits the model needs, on average, to write down one byte of text it has not
          trained on. Lower is better. Because it counts bytes, models with different tokenizers can be compared. Eight
          bits would be no knowledge at all; the entropy floor of the built-in stories is what a perfect model would need.
        </Answer>
        <Answer question="Who is the researcher?">
          Whoever proposes the next change; the lab runs, scores and decides. Built-in methods need nothing and begin at once. A
          language model argues from the record, of a provider with a key of yours, on your machine, in this browser, or by
          copy and paste with any chat. A hybrid asks the model now and then and a sampler in between. Or you do it yourself.
          Each says beforehand what it expects, and under Research you see how well it knew.
        </Answer>
        <Answer question="What is frozen?">
          The text and how it is split, the tokenizer, the training budget, the evaluation, the seeds and the rule for
          keeping. The researcher can change the program, and nothing else: the program only describes a model and never
          sees the validation text, the clock or the score being computed.
        </Answer>
        <Answer question="What does noise mean here?">
          Train the same program twice with different seeds and the scores differ. Assay measures that spread (σ) on the
          baseline first. A change that gains less than the spread may be nothing but luck, so it is not kept. With the
          plain rule you can watch luck being kept.
        </Answer>
        <Answer question="How far can I trust a result?">
          A kept change was better here: for this text, this small model, this short budget, on this adapter. Many changes
          tried against one validation text also wear it out, which is why a second, hidden text is scored apart. Whether a
          finding holds for larger models has to be tried there.
        </Answer>
        <Answer question="Where does my data go?">
          Nowhere, unless you choose a language model of a provider. Training, scoring and the record all stay in this browser;
          the page reaches no server that you have not named. A model is sent program.md, train.js and the figures of past
          experiments, never the text, the validation scores’ parts or a key.
        </Answer>
      </div>
    </section>
  )
}

function Answer({ question, children }: { question: string; children: ReactNode }) {
  return (
    <details>
      <summary><h2>{question}</h2><Icon name="down" /></summary>
      <p>{children}</p>
    </details>
  )
}
