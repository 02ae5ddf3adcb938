import type { Knob } from '../../sandbox/contract'
import type { ProgramCheck } from '../../worker/protocol'
import { bytes, count } from '../state/format'

function spaceOf(knob: Knob): string {
  const { space } = knob
  if (space.kind === 'oneOf') return space.options.join(', ')
  const scale = space.kind === 'log' ? ', on a log scale' : space.kind === 'pow2' ? ', powers of two' : ''
  return `${space.min} to ${space.max}${scale}`
}

/** What the box says about a program: its size and knobs, or what is wrong and where. */
export function CheckResult({ result, stale }: { result: ProgramCheck; stale: boolean }) {
  const line = result.error?.data.line
  return (
    <section className="check" aria-label="Check" aria-live="polite">
      {stale && <p className="note">The text has changed since this check.</p>}
      {result.error && (
        <div className="verdict-error">
          <p>
            <code>{result.error.code}</code> {typeof line === 'number' && <b>line {line}: </b>}{result.error.message}
          </p>
          {result.error.hint && <p className="note">{result.error.hint}</p>}
        </div>
      )}
      {result.ok && (
        <>
          <dl className="facts">
            <div><dt>Parameters</dt><dd className="num">{count(result.paramCount)}</dd></div>
            <div><dt>Tokens a step</dt><dd className="num">{count(result.tokensPerStep)}</dd></div>
            <div><dt>Predicted memory</dt><dd className="num">{bytes(result.predictedBytes)}</dd></div>
            <div><dt>Knobs</dt><dd className="num">{result.knobs.length}</dd></div>
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
