import { useSession } from '../../state/context'
import { reach } from '../../state/reach'

/** Before a key is asked for: the page reloads when an address is allowed, and would forget a key it had. */
export function AllowModel({ address, missing }: { address: string; missing: string[] }) {
  const session = useSession()
  const allow = () => session.attempt('allow', async () => {
    reach(session.store, [{ address, why: 'ask a language model' }])
  })
  return (
    <div className="callout">
      <p>
        This page reaches no server but its own unless you say so. The question holds program.md, train.js and the record of
        this lab; it would go to <b>{missing.join(' and ')}</b>.
      </p>
      <button type="button" className="button button-plain" onClick={() => void allow()}>Allow it</button>
      <p className="note">The page reloads itself once; what you have set up stays.</p>
    </div>
  )
}
