import { useApp } from '../state/context'
import { bytes } from '../state/format'

/** The download in progress, if there is one. */
export function Preparing() {
  const download = useApp((state) => state.download)
  if (!download) return null
  const { received, total, name } = download
  return (
    <div className="preparing">
      <label htmlFor="download-progress">
        Fetching {name}: {bytes(received)}{total ? ` of ${bytes(total)}` : ''}
      </label>
      <progress id="download-progress" value={total ? received : undefined} max={total ?? undefined} />
    </div>
  )
}
