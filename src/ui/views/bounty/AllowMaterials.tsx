import { LabError } from '../../../core/errors'
import { tameLine } from '../../state/bountyText'
import { useSession } from '../../state/context'
import { missingOrigins, reach } from '../../state/reach'
import { noticeOf } from '../../state/store'

/** Materials that a sponsor hosts are elsewhere: the page asks before it reaches there. */
export function AllowMaterials({ url }: { url: string }) {
  const session = useSession()
  const missing = missingOrigins([url])
  const allow = () => {
    try {
      reach(session.store, [{ address: url, why: 'fetch the materials of a bounty' }])
    } catch (thrown) {
      session.store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
    }
  }
  return (
    <p className="callout">
      <span>Its materials are at <code>{tameLine(missing.join(' and '), 120)}</code>, which this page may not reach yet.</span>
      <button type="button" className="button button-plain" onClick={allow}>Allow it and reload the page</button>
    </p>
  )
}
