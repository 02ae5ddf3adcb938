import { useSession } from '../../state/context'
import { reach } from '../../state/reach'

/** Before a key is asked for: the page reloads when an address is allowed, and would forget a key it had. */
export function AllowModel({ address, missing, isInPage }: {
  address: string
  missing: string[]
  /** only its files are fetched: no question leaves this browser */
  isInPage: boolean
}) {
  const session = useSession()
  const why = isInPage ? 'fetch a language model' : 'ask a language model'
  const allow = () => session.attempt('allow', async () => {
    reach(session.store, [{ address, why }])
  })
  const where = <b>{missing.join(' and ')}</b>
  return (
    <div className="callout">
      <p>
        This page reaches no server but its own unless you say so.{' '}
        {isInPage
          ? <>The files of the model would be fetched from {where}; what it is asked stays in this browser.</>
          : <>The question holds program.md, train.js and the record of this lab; it would go to {where}.</>}
      </p>
      <button type="button" className="button button-plain" onClick={() => void allow()}>Allow it</button>
      <p className="note">The page reloads itself once; what you have set up stays.</p>
    </div>
  )
}
