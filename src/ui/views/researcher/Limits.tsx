import type { Experiment, LabRecord } from '../../../history/types'
import type { Meter } from '../../../worker/researchProtocol'
import { money } from '../../state/costs'
import { minutesOf, triesOf } from '../../../worker/client'
import { count, duration } from '../../state/format'
import { Fact } from '../Fact'

/** What the lab has spent, what that bought, and how near it is to where it was told to end. */
export function Limits({ lab, rows, meter }: { lab: LabRecord; rows: readonly Experiment[]; meter: Meter | null }) {
  const limits = limitsOf(lab, rows)
  return (
    <>
      {meter && meter.spent.requests > 0 && (
        <dl className="facts meter" aria-label="Cost">
          <Fact term="Requests" value={count(meter.spent.requests)} />
          <Fact term="Tokens read" value={count(meter.spent.inputTokens)} />
          <Fact term="Tokens written" value={count(meter.spent.outputTokens)} />
          <Fact term="Cost" value={money(meter.spent.usd)} />
          <Fact term="Time a kept gain" value={meter.secondsPerKeep === null ? 'none kept yet' : duration(meter.secondsPerKeep)} />
          <Fact term="Cost a kept gain" value={meter.keeps === 0 ? 'none kept yet' : money(meter.usdPerKeep)} />
        </dl>
      )}
      {limits.length > 0 && (
        <ul className="limits" aria-label="It ends after">
          {limits.map(({ name, used, limit, text }) => (
            <li key={name}>
              <label>
                <span>{name}</span>
                <span className="num">{text(used)} of {text(limit)}</span>
                <progress max={limit} value={Math.min(used, limit)} />
              </label>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

interface Limit { name: string; used: number; limit: number; text: (value: number) => string }

/** Only what counts up: a target is reached or not. */
function limitsOf(lab: LabRecord, rows: readonly Experiment[]): Limit[] {
  const { ends, researcher } = lab
  const spent = lab.spent ?? { requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 }
  const tokens = spent.inputTokens + spent.outputTokens
  const all: [string, number, number | null | undefined, (value: number) => string][] = [
    ['Experiments', triesOf(rows).length, lab.maxExperiments, count],
    ['Minutes of runs', minutesOf(rows), ends?.minutes, (value) => value.toFixed(0)],
    ['Requests', spent.requests, researcher?.caps.requests, count],
    ['Model tokens', tokens, least(ends?.tokens, researcher?.caps.tokens), count],
    ['Money', spent.usd ?? 0, least(ends?.usd, researcher?.caps.usd), money],
  ]
  return all.flatMap(([name, used, limit, text]) => limit ? [{ name, used, limit, text }] : [])
}

function least(a: number | null | undefined, b: number | null | undefined): number | null {
  return Math.min(a ?? Infinity, b ?? Infinity) < Infinity ? Math.min(a ?? Infinity, b ?? Infinity) : null
}
