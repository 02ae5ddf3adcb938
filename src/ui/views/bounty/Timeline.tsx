import { useState } from 'react'
import type { TimelineEntry } from '../../../worker/bountyProtocol'
import { shortKey } from '../../state/bountyText'
import { dateText } from '../../state/bountyWords'
import { Icon } from '../Icon'
import { Copy } from './Copy'
import { Words } from './Words'

const MOST_SHOWN = 30

const PROOFS = { event: 'signed message', payment: 'payment hash' }

/** What happened, the newest first, each with the signed message or the payment that proves it. */
export function Timeline({ entries, play }: { entries: readonly TimelineEntry[]; play: boolean }) {
  const [most, setMost] = useState(MOST_SHOWN)
  const newest = folded([...entries].reverse())
  return (
    <section className="card" aria-label="Timeline">
      <div className="card-head"><h2>Timeline</h2></div>
      {newest.length === 0 && <p className="note">Nothing has happened yet.</p>}
      <ol className="timeline">
        {newest.slice(0, most).map((run, i) => {
          const [{ at, text, proof }] = run
          return (
            <li key={`${proof?.id}/${newest.length - i}`}>
              <p>{run.length > 1 && <b>{run.length} × </b>}<Words text={run.length > 1 ? common(text) : text} play={play} /></p>
              <div className="note">
                <span>{dateText(at)}</span>
                {run.length === 1 && proof && <Proof kind={PROOFS[proof.kind]} id={proof.id} />}
                {run.length > 1 && (
                  <details className="advanced">
                    <summary><Icon name="right" size={14} />{run.length} proofs</summary>
                    {run.map((entry) => entry.proof && <p key={entry.proof.id}><Proof kind={PROOFS[entry.proof.kind]} id={entry.proof.id} /></p>)}
                  </details>
                )}
              </div>
            </li>
          )
        })}
      </ol>
      {newest.length > most && <button type="button" className="button button-plain" onClick={() => setMost(most + MOST_SHOWN)}>Show earlier</button>}
    </section>
  )
}

/** Payments that differ in their slice only are told once. */
function folded(entries: readonly TimelineEntry[]): TimelineEntry[][] {
  const runs: TimelineEntry[][] = []
  for (const entry of entries) {
    const last = runs.at(-1)
    const isSame = last && entry.proof?.kind === 'payment' && last[0].proof?.kind === 'payment' && common(last[0].text) === common(entry.text)
    if (isSame) last.push(entry)
    else runs.push([entry])
  }
  return runs
}

function common(text: string): string {
  return text.replace(/\bSlice \d+ of (\d+)\b/, 'a slice of $1')
}

function Proof({ kind, id }: { kind: string; id: string }) {
  return <span className="proof">{kind} <code title={id}>{shortKey(id)}</code> <Copy text={id} label={`Copy the ${kind} ${shortKey(id)}`} /></span>
}
