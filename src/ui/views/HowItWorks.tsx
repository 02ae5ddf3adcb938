import type { ReactNode } from 'react'
import { Icon } from './Icon'

/** What a newcomer has to know to trust, or distrust, the numbers above. */
export function HowItWorks() {
  return (
    <section className="how" aria-labelledby="how-title">
      <h2 id="how-title">How it works</h2>
      <ol className="loop" aria-label="The loop">
        <li><b>Propose</b><span>The researcher edits <code>train.js</code> and says in one sentence why it should help.</span></li>
        <li><b>Commit</b><span>The edit becomes a git commit before anything runs, so no attempt can be forgotten.</span></li>
        <li><b>Train</b><span>A new model starts from nothing and trains for the same budget as all others.</span></li>
        <li><b>Assay</b><span>The judge scores it on text it has never seen and compares it with the best so far.</span></li>
        <li><b>Keep or go back</b><span>A gain larger than the noise is kept. Anything else is recorded and undone.</span></li>
      </ol>
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
      <summary><h3>{question}</h3><Icon name="down" /></summary>
      <p>{children}</p>
    </details>
  )
}
