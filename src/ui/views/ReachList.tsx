import { allowedOrigins } from '../policy/origins'
import { useSession } from '../state/context'
import { unreach } from '../state/reach'

/** Which servers this page may reach, and a way to take each back. */
export function ReachList() {
  const session = useSession()
  const origins = allowedOrigins()
  const forget = (origin: string) => session.attempt('forget', async () => unreach(session.store, origin))
  return (
    <div className="field" role="group" aria-labelledby="reach-title">
      <span id="reach-title" className="field-label">Servers this page may reach</span>
      {origins.length > 0 && (
        <ul className="reach-list">
          {origins.map(({ origin, why }) => (
            <li key={origin}>
              <span><b>{origin}</b>, to {why}</span>
              <button type="button" className="button button-quiet" aria-label={`Take back ${origin}`} onClick={() => void forget(origin)}>
                Take back
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="note">
        {origins.length > 0
          ? 'Nothing else but its own. Taking one back reloads the page; what you have typed stays.'
          : 'Only its own. An address that you enter is asked about first.'}
      </p>
    </div>
  )
}
