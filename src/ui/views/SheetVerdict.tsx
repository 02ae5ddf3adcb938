import type { Experiment, Judgement } from '../../history/types'
import { bpb, count, percent } from '../state/format'
import { outcomeOf } from '../state/outcome'
import { Fact } from './Fact'

const FLAGS = { overfit: 'Fits the validation text only', budget: 'No budget left for repeats' } as const

/** What was decided and what it rests on. */
export function SheetVerdict({ row }: { row: Experiment }) {
  const { judgement, error } = row
  return (
    <section className="verdict" aria-label="Verdict">
      {judgement?.flag && <p className="verdict-flag"><b>{FLAGS[judgement.flag]}</b></p>}
      {row.reason !== error?.message && <p>{row.reason || `This attempt ${outcomeOf(row.status).meaning}.`}</p>}
      {error && (
        <div className="verdict-error">
          <p><code>{error.code}</code> {error.message}</p>
          {error.hint && <p className="note">{error.hint}</p>}
        </div>
      )}
      {judgement && judgement.pBetter !== null && <Grounds row={row} judgement={judgement} pBetter={judgement.pBetter} />}
    </section>
  )
}

function Grounds({ row, judgement, pBetter }: { row: Experiment; judgement: Judgement; pBetter: number }) {
  const { keptAs, pNeeded, barBpb, floorBpb, sigmaBpb, driftBpb, seedsUsed, incumbentLength, gap } = judgement
  return (
    <dl className="facts verdict-facts">
      {keptAs && <Fact term="Kept as" value={keptAs} />}
      <Fact term="P(better)" value={pBetter > 0.9995 ? 'over 99.9 %' : percent(pBetter)} />
      {pNeeded !== null && <Fact term="Needed" value={seedsUsed < 2 ? 'a second seed' : percent(pNeeded)} />}
      {barBpb !== null && <Fact term="Gain needed, bpb" value={bpb(barBpb)} />}
      <Fact term="Floor of effect, bpb" value={bpb(floorBpb)} />
      <Fact term="Noise σ, bpb" value={bpb(sigmaBpb)} />
      {driftBpb > 0 && <Fact term="Drift, bpb" value={bpb(driftBpb)} />}
      <Fact term="Seeds" value={String(seedsUsed)} />
      {row.length !== undefined && incumbentLength !== null && (
        <Fact term="Length" value={`${count(row.length)} tokens, ${count(incumbentLength)} before`} />
      )}
      {gap && <Fact term={`Gap to hidden text since ${gap.against}`} value={`${gap.widenedBpb > 0 ? 'wider' : 'narrower'} by ${bpb(Math.abs(gap.widenedBpb))}, ${bpb(gap.barBpb)} is noise`} />}
    </dl>
  )
}
