import type { LabErrorJson } from '../../core/errors'
import { useSession } from '../state/context'
import { missingOrigins, reach } from '../state/reach'

/** What a failure was for. */
const WHY: Partial<Record<LabErrorJson['code'], string>> = { 'data.fetch': 'fetch a text', 'controller.offline': 'ask a language model' }

/** Below a failed fetch: that the page was not allowed there, and a way to allow it. Nothing when it was. */
export function AllowAddress({ error }: { error: LabErrorJson }) {
  const session = useSession()
  const { url } = error.data
  if (!Object.hasOwn(WHY, error.code) || typeof url !== 'string') return null
  const missing = missingOrigins([url])
  if (missing.length === 0) return null
  const allow = () => session.attempt('allow', async () => {
    reach(session.store, [{ address: url, why: WHY[error.code]! }])
  })
  return (
    <span className="banner-more">
      This page was not allowed to reach {missing.join(' and ')}.{' '}
      <button type="button" className="button button-plain" onClick={() => void allow()}>Allow it and reload the page</button>
    </span>
  )
}
