import { useId, useRef, useState } from 'react'
import type { Answer, Question } from '../../../worker/researchProtocol'
import { count } from '../../state/format'
import { Icon } from '../Icon'

/** A question for any chat: copied, answered there, brought back. What was wrong with the last answer is said first. */
export function PasteCard({ question, canAnswer, onAnswer }: {
  question: Extract<Question, { kind: 'paste' }>
  canAnswer: boolean
  onAnswer: (answer: Answer) => Promise<boolean>
}) {
  const { prompt, problem } = question
  const [text, setText] = useState('')
  const [said, setSaid] = useState('')
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const shown = useRef<HTMLDetailsElement>(null)
  const promptId = useId()
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(prompt)
      setSaid('Copied. Paste it into any chat.')
    } catch {
      // the browser keeps the clipboard from this page: select it, so that the person can
      if (shown.current) shown.current.open = true
      field.current?.select()
      setSaid('This browser does not let the page copy. It is selected below: copy it with Ctrl+C or ⌘C.')
    }
  }
  const give = async () => {
    if (busy || !canAnswer || text.trim() === '') return
    setBusy(true)
    await onAnswer({ kind: 'paste', text })
    setBusy(false)
  }
  return (
    <>
      {problem && (
        <div className="verdict-error" role="alert">
          <p><b>The last answer could not be used.</b> {problem}</p>
          <p className="note">The question below says so to the chat; ask it again.</p>
        </div>
      )}
      <ol className="paste-steps">
        <li>
          <h3>Copy the question</h3>
          <div className="button-row">
            <button type="button" className="button button-primary" onClick={() => void copy()}><Icon name="copy" />Copy the question</button>
            <span className="note">{count(prompt.length)} characters: program.md, train.js, the record, and how to answer.</span>
          </div>
          <p role="status" className="said">{said}</p>
          <details className="advanced" ref={shown}>
            <summary><Icon name="right" size={14} />Read it</summary>
            <label className="visually-hidden" htmlFor={promptId}>The question</label>
            <textarea ref={field} id={promptId} className="paste-text" readOnly rows={12} value={prompt} />
          </details>
        </li>
        <li>
          <h3>Paste the answer</h3>
          <label className="field">
            <span className="visually-hidden">The chat’s answer</span>
            <textarea className="paste-text" rows={6} spellCheck={false} placeholder="The whole answer, words and code blocks as they are" value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <button type="button" className="button button-primary" aria-disabled={busy || !canAnswer || text.trim() === ''} onClick={() => void give()}>
            {busy ? 'Reading it…' : 'Hand it in'}
          </button>
        </li>
      </ol>
    </>
  )
}
