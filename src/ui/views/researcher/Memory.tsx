import { useState } from 'react'
import { LabError } from '../../../core/errors'
import type { LabRecord } from '../../../history/types'
import { useSession } from '../../state/context'
import { count } from '../../state/format'
import { Field } from '../Field'
import { FileDrop } from '../FileDrop'

/** A paper as text; a researcher reads a part of it. */
const MOST_BYTES = 400_000

/** What the researcher carries from experiment to experiment, in the person's hand. */
export default function Memory({ lab }: { lab: LabRecord }) {
  return (
    <div className="researcher-memory">
      <Lessons key={lab.lessons ?? ''} lessons={lab.lessons ?? ''} />
      <Papers papers={lab.papers ?? []} />
    </div>
  )
}

function Lessons({ lessons }: { lessons: string }) {
  const session = useSession()
  const [text, setText] = useState(lessons)
  const [said, setSaid] = useState('')
  const save = async () => {
    if (await session.attempt('lessons', () => session.client.api.setLessons(text.trim()))) setSaid('Saved.')
  }
  return (
    <div className="lessons">
      <Field label="Standing lessons, one a line" note="Written anew from the record every ten experiments. What you write or change stays as it is.">
        {(describedBy) => <textarea aria-describedby={describedBy} rows={Math.min(12, Math.max(4, text.split('\n').length + 1))} value={text} onChange={(event) => {
          setText(event.target.value)
          setSaid('')
        }} />}
      </Field>
      <div className="button-row">
        <button type="button" className="button button-plain" aria-disabled={text === lessons} onClick={() => {
          if (text !== lessons) void save()
        }}>
          Save the lessons
        </button>
        <span role="status" className="said">{said}</span>
      </div>
    </div>
  )
}

function Papers({ papers }: { papers: { name: string; text: string }[] }) {
  const session = useSession()
  const take = (file: File) => session.attempt('paper', async () => {
    if (file.size > MOST_BYTES) {
      throw new LabError('import.invalid', `${file.name} is longer than a researcher could read.`, { hint: 'Give the part of it that matters, as text.' })
    }
    const text = await file.text()
    if (text.includes('\0')) {
      throw new LabError('import.invalid', `${file.name} is not a text.`, { hint: 'Save the paper as plain text or Markdown first.' })
    }
    await session.client.api.addPaper(file.name, text)
  })
  return (
    <div className="papers">
      <FileDrop
        label="Give it a paper"
        accept="text/*,.txt,.md,.tex"
        note="or drop one here, as text. When the lab is stuck, the researcher is handed an idea from it."
        onFile={(file) => void take(file)}
      />
      {papers.length > 0 && (
        <ul className="paper-list" aria-label="Papers">
          {papers.map(({ name, text }, i) => <li key={i}>{name} <span className="note">{count(text.length)} characters</span></li>)}
        </ul>
      )}
    </div>
  )
}
