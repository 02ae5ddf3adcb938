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
          Nowhere. Training, scoring and the record all stay in this browser. The page fetches a text only when you name an
          address for it.
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
