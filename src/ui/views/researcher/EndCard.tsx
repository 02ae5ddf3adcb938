import type { EndState } from '../../../research/guide/types'
import { ENDS } from '../../state/guidance'
import { Icon } from '../Icon'

/** Why the lab ended, and the figures that say so. */
export function EndCard({ end: { kind, evidence } }: { end: EndState }) {
  const words = kind === null ? { label: 'Done', icon: 'check' as const, meaning: 'A limit was reached.' } : ENDS[kind]
  return (
    <section className="end-card" data-end={kind} aria-label="How it ended">
      <p className="end-kind"><Icon name={words.icon} /><b>{words.label}</b></p>
      <div>
        <p>{words.meaning}</p>
        <p className="end-evidence">{evidence}</p>
        <p className="note">Raise the limit below, or run a program of your own, and press Start to go on.</p>
      </div>
    </section>
  )
}
