import { useApp, useLabs, useSession } from '../state/context'
import { plural, when } from '../state/format'
import { budgetLabel, tokenizerLabel } from '../state/settings'

/** Labs recorded in this browser, to open again. */
export function PastLabs() {
  const session = useSession()
  const labs = useLabs()
  const working = useApp((state) => state.status.phase === 'running' || state.status.phase === 'stopping')
  if (!labs || labs.length === 0) return null
  return (
    <section className="past" aria-labelledby="past-title">
      <h2 id="past-title">Labs in this browser</h2>
      <ul aria-label="Past labs">
        {labs.map((lab) => (
          <li key={lab.labId}>
            <button
              type="button"
              className="past-lab"
              aria-disabled={working}
              onClick={() => {
                if (!working) void session.openLab(lab.labId)
              }}
            >
              <b>{lab.name}</b>
              <span>{when(lab.updatedAt)}, {plural(Math.max(0, lab.nextNumber - 1), 'experiment')}</span>
              <span>
                {tokenizerLabel(lab.task.tokenizer)} · {budgetLabel(lab.task.budget)} · {lab.controller}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
