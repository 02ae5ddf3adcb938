import type { Knob } from '../../sandbox/contract'
import type { ProgramCheck } from '../../worker/protocol'
import { bytes, count } from '../state/format'
import { Fact } from './Fact'

function spaceOf(knob: Knob): string {
  const { space } = knob
  if (space.kind === 'oneOf') return space.options.join(', ')
  const scale = space.kind === 'log' ? ', on a log scale' : space.kind === 'pow2' ? ', powers of two' : ''
  return `${space.min} to ${space.max}${scale}`
}

/** What the box says about a program: its size and knobs, or what is wrong and where. */
export function CheckResult({ result, stale }: { result: ProgramCheck; stale: boolean }) {
  return (
    <section className="check" aria-label="Check" aria-live="polite">
      {stale && <p className="note">The text has changed since this check.</p>}
      {result.error && (
        <div className="verdict-error">
          <p>
            <code>{result.error.code}</code> {result.error.message}
          </p>
          {result.error.hint && <p className="note">{result.error.hint}</p>}
        </div>
      )}
      {result.ok && (
        <>
          <dl className="facts">
            <Fact term="Parameters" value={count(result.paramCount)} />
            <Fact term="Tokens a step" value={count(result.tokensPerStep)} />
            <Fact term="Predicted memory" value={bytes(result.predictedBytes)} />
            <Fact term="Knobs" value={count(result.knobs.length)} />
          </dl>
          {result.knobs.length > 0 && (
            <div className="table-scroll" role="region" aria-label="Knobs" tabIndex={0}>
              <table>
                <thead>
                  <tr><th scope="col">Knob</th><th scope="col" className="num">Value</th><th scope="col">Range</th><th scope="col" className="num">Line</th></tr>
                </thead>
                <tbody>
                  {result.knobs.map((knob) => (
                    <tr key={knob.name}>
                      <th scope="row"><code>{knob.name}</code></th>
                      <td className="num">{String(knob.value)}</td>
                      <td>{spaceOf(knob)}</td>
                      <td className="num">{knob.line}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </section>
  )
}
