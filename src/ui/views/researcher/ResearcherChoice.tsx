import { lazy, Suspense, useState } from 'react'
import { BUILT_IN, DEFAULT_SPEC, KINDS, kindOf, ofKind } from '../../state/researchers'
import type { Kind, Researcher } from '../../state/researchers'
import { Choice } from '../Choice'
import { Field } from '../Field'

const ModelFields = lazy(() => import('./ModelFields'))
const ShareFields = lazy(() => import('./ShareFields'))

/** Who proposes: one switch, and below it only what the chosen one needs. */
export function ResearcherChoice({ name, value, onChange }: {
  /** of the radio buttons: two of these may be on a page */
  name: string
  value: Researcher
  onChange: (value: Researcher) => void
}) {
  const kind = kindOf(value)
  // what was set up of a model stays while another kind is looked at
  const [held, setHeld] = useState(kind === 'model' ? value.researcher! : DEFAULT_SPEC)
  const change = (next: Researcher) => {
    if (kindOf(next) === 'model') setHeld(next.researcher!)
    onChange(next)
  }
  return (
    <div className="researcher-choice">
      <Choice
        name={`${name}-kind`}
        legend="Researcher"
        options={KINDS}
        value={kind}
        onChange={(next: Kind) => change(ofKind(next, held))}
        note={KINDS.find((entry) => entry.value === kind)!.note}
      />
      {kind === 'builtIn' && <BuiltIn controller={value.controller} onChange={(controller) => change({ controller, researcher: undefined })} />}
      <Suspense fallback={<p className="note">Loading…</p>}>
        {kind === 'model' && <ModelFields name={name} value={value} onChange={change} />}
        {kind === 'paste' && <ShareFields value={value} onChange={change} />}
      </Suspense>
    </div>
  )
}

function BuiltIn({ controller, onChange }: { controller: string; onChange: (controller: string) => void }) {
  const chosen = BUILT_IN.find(({ name }) => name === controller)
  return (
    <Field label="Method" note={chosen?.about}>
      {(describedBy) => (
        <select value={controller} aria-describedby={describedBy} onChange={(event) => onChange(event.target.value)}>
          {!chosen && <option value={controller}>{controller}</option>}
          {BUILT_IN.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}
        </select>
      )}
    </Field>
  )
}
