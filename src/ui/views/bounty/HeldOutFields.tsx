import { useState } from 'react'
import { generateCorpus } from '../../../worker/bountyFacts'
import type { BountyDraft } from '../../../worker/bountyProtocol'
import { tameLine } from '../../state/bountyText'
import { bytes } from '../../state/format'
import { FileDrop } from '../FileDrop'

const MOST_TEXTS = 10
const DRAWN_BYTES = 40_000

/** The texts that nobody has seen; what is scored on them is what is paid for. */
export function HeldOutFields({ draft, isStories, onChange }: { draft: BountyDraft; isStories: boolean; onChange: (part: Partial<BountyDraft>) => void }) {
  const { heldOut } = draft
  const [problem, setProblem] = useState('')
  const add = (name: string, content: ArrayBuffer) => {
    if (heldOut.length >= MOST_TEXTS) return setProblem(`At most ${MOST_TEXTS} texts.`)
    setProblem('')
    onChange({ heldOut: [...heldOut, { name, bytes: content }] })
  }
  return (
    <div className="field" role="group" aria-labelledby="held-out-title">
      <span id="held-out-title" className="field-label">Held-out text</span>
      {heldOut.length > 0 && (
        <ul className="reach-list">
          {heldOut.map(({ name, bytes: content }, i) => (
            <li key={`${i}/${name}`}>
              <span><b>{tameLine(name, 80)}</b>, {bytes(content.byteLength)}</span>
              <button type="button" className="button button-quiet" aria-label={`Remove ${name}`} onClick={() => onChange({ heldOut: heldOut.filter((_, other) => other !== i) })}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      <FileDrop label="Choose a file" accept=".txt,text/plain" note="Like the lab’s text, and published nowhere. It goes to the verifiers only, encrypted; its hash is public at once, the text after the end."
        onFile={(file) => void file.arrayBuffer().then((content) => add(file.name, content))} />
      {isStories && (
        <p className="button-row">
          <button type="button" className="button button-plain" onClick={() => add(`Fresh stories ${heldOut.length + 1}`, freshStories())}>Draw fresh stories</button>
          <span className="note">From the lab’s own grammar, by a secret seed.</span>
        </p>
      )}
      <p className="problem" role="status">{problem}</p>
      <p className="note">With two or more, the re-check uses another one than the first score.</p>
    </div>
  )
}

/** Stories that nobody has read: the seed is thrown away. */
function freshStories(): ArrayBuffer {
  const [seed] = crypto.getRandomValues(new Uint32Array(1))
  const text = generateCorpus({ seed, bytes: DRAWN_BYTES }).documents.map((document) => new TextDecoder().decode(document)).join('\n<|endoftext|>\n')
  return new TextEncoder().encode(text).buffer
}
