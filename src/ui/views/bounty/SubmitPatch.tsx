import { useState } from 'react'
import { LabError } from '../../../core/errors'
import { inspectPatch, patchSize } from '../../../worker/bountyFacts'
import type { ListingView } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { useExperiments, useLabs, useSession } from '../../state/context'
import { bpb, plural } from '../../state/format'
import { Choice } from '../Choice'
import { FileDrop } from '../FileDrop'
import { Code } from './Code'

const SOURCES = [
  { value: 'lab', label: 'From a lab' },
  { value: 'text', label: 'A text' },
] as const

const MOST_BYTES = 200_000

/** Hands in a program: an experiment of a lab, or a text; looked over by the verifiers' own rules before anything is sent. */
export function SubmitPatch({ listing, labId, onDone }: { listing: ListingView; labId: string | null; onDone: () => void }) {
  const desk = useDesk()
  const persona = usePersona()
  const { client } = useSession()
  const busy = useDeskState((state) => state.busy)
  const [source, setSource] = useState<'lab' | 'text'>(labId ? 'lab' : 'text')
  const [lab, setLab] = useState(labId ?? '')
  const [number, setNumber] = useState<number | null>(null)
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const labs = useLabs() ?? []
  const rows = (useExperiments(lab || null) ?? []).filter(({ valBpb, status }) => valBpb !== null && status !== 'running').sort((a, b) => a.valBpb! - b.valBpb!)
  const chosen = number ?? rows[0]?.number ?? null
  const { spec } = listing
  const refusal = source === 'text' && text !== '' ? inspectPatch(spec, { nonce: '', trainJs: text }, '', []) : null
  const isReady = source === 'lab' ? lab !== '' && chosen !== null : text.trim() !== ''

  const read = async (file: File) => {
    if (file.size > MOST_BYTES) return setProblem('This file is too large to be train.js.')
    setProblem('')
    setText(await file.text())
  }
  const usual = async () => {
    try {
      setText((await client.api.defaults()).trainJs)
    } catch (thrown) {
      setProblem(LabError.from(thrown).message)
    }
  }
  const submit = async () => {
    if (!isReady || busy !== null) return
    const program = source === 'lab' ? { labId: lab, number: chosen! } : { trainJs: text }
    if (await desk.attempt('submit', () => desk.api.submitPatch(persona, listing.id, program))) onDone()
  }
  return (
    <div className="submit">
      <Choice name="patch" legend="Which program" options={SOURCES} value={source} onChange={setSource} />
      {source === 'lab' && (
        <div className="field-row">
          <label className="field">
            <span className="field-label">Lab</span>
            <select value={lab} onChange={(event) => {
              setLab(event.target.value)
              setNumber(null)
            }}>
              <option value="" disabled>Choose one</option>
              {labs.map((entry) => <option key={entry.labId} value={entry.labId}>{entry.name}{entry.labId === labId ? ' (made for this bounty)' : ''}</option>)}
            </select>
          </label>
          <label className="field">
            <span className="field-label">Experiment</span>
            <select value={chosen ?? ''} onChange={(event) => setNumber(Number(event.target.value))}>
              {rows.length === 0 && <option value="">nothing measured yet</option>}
              {rows.slice(0, 100).map((row) => <option key={row.number} value={row.number}>#{row.number}, {bpb(row.valBpb)}, {row.status}</option>)}
            </select>
          </label>
        </div>
      )}
      {source === 'text' && (
        <>
          <label className="field">
            <span className="field-label">train.js</span>
            <textarea className="code-text" rows={10} wrap="off" spellCheck={false} autoComplete="off" maxLength={MOST_BYTES} value={text} onChange={(event) => setText(event.target.value)} />
          </label>
          <FileDrop label="Take it from a file" accept=".js,text/javascript,text/plain" note="It stays in this browser until the money is locked." onFile={(file) => void read(file)} />
          <p className="button-row">
            <button type="button" className="chip-button" onClick={() => setText(spec.baseline.trainJs)}>Begin with the baseline</button>
            {persona === 'hunter' && <button type="button" className="chip-button" onClick={() => void usual()}>The usual program (practice)</button>}
          </p>
          {text !== '' && <p className="note" role="status">{sizeText(spec.baseline.trainJs, text)} {refusal ? '' : 'Size and content are within the rules.'}</p>}
          {text !== '' && <Code label="What you changed" before={spec.baseline.trainJs} after={text} />}
        </>
      )}
      {refusal && <p className="problem" role="status"><b>A verifier will refuse it.</b> {refusal}</p>}
      {problem && <p className="problem" role="status">{problem}</p>}
      <p className="button-row">
        <button type="button" className={refusal ? 'button button-plain' : 'button button-primary next-button'} aria-disabled={!isReady || busy !== null} onClick={() => void submit()}>
          {busy === 'submit' ? 'Committing…' : refusal ? 'Hand it in all the same' : 'Hand it in'}
        </button>
        <button type="button" className="button button-quiet" onClick={onDone}>Not yet</button>
      </p>
    </div>
  )
}

function sizeText(before: string, after: string): string {
  const { lines, bytes } = patchSize(before, after)
  return `${plural(lines, 'line')} and ${plural(bytes, 'byte')} differ from the baseline.`
}
