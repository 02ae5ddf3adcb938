import { useCallback, useEffect, useRef, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { BrowserModelState } from '../../../research/models/browser/types'
import { useSession } from '../../state/context'
import { percent } from '../../state/format'

/** Whether this browser brings a model along; it may have to be downloaded first, which takes a click. */
export function BrowserModel() {
  const { browserModel } = useSession().client
  const [state, setState] = useState<BrowserModelState | null>(null)
  const [share, setShare] = useState<number | null>(null)
  const [problem, setProblem] = useState<LabError | null>(null)
  const leaving = useRef<AbortController | null>(null)
  const look = useCallback(() => browserModel.state().then(setState, (thrown: unknown) => setProblem(LabError.from(thrown))), [browserModel])
  useEffect(() => {
    void look()
    return () => leaving.current?.abort()
  }, [look])
  const download = async () => {
    setProblem(null)
    setShare(0)
    leaving.current = new AbortController()
    await browserModel.download(setShare, leaving.current.signal).catch((thrown: unknown) => setProblem(LabError.from(thrown)))
    setShare(null)
    await look()
  }
  if (state === null) return null
  return (
    <div className="callout" aria-live="polite">
      {state.availability === 'available' && <p>This browser has a model of its own, ready to answer.</p>}
      {state.help.map((line) => <p key={line}>{line}</p>)}
      {share !== null && (
        <label className="replay-progress">
          <span>Downloading: {percent(share, 0)}</span>
          <progress max={1} value={share} />
        </label>
      )}
      {share === null && (state.availability === 'downloadable' || state.availability === 'downloading') && (
        <button type="button" className="button button-plain" onClick={() => void download()}>Download it</button>
      )}
      {problem && <p className="problem"><b>{problem.message}</b> {problem.hint}</p>}
    </div>
  )
}
