import { lazy, Suspense, useEffect, useState } from 'react'
import { LabError } from '../../core/errors'
import type { ExperimentStatus } from '../../history/types'
import { useSession } from '../state/context'

const DiffView = lazy(() => import('./DiffView'))

type Sources = { before: string; after: string } | { problem: string }

/** What was changed in train.js. */
export function DiffSection({ number, status }: { number: number; status: ExperimentStatus }) {
  const { client } = useSession()
  const [sources, setSources] = useState<Sources | null>(null)
  useEffect(() => {
    let live = true
    client.api.sources(number).then(
      (found) => {
        if (live) setSources(found)
      },
      (thrown: unknown) => {
        if (live) setSources({ problem: LabError.from(thrown).message })
      },
    )
    return () => {
      live = false
    }
  }, [client, number])

  const isRoot = status === 'baseline'
  return (
    <section aria-labelledby="diff-title">
      <h3 id="diff-title">{isRoot ? 'The program' : 'What was changed'}</h3>
      <div className="diff">
        {sources === null && <p className="note">Reading the repository…</p>}
        {sources && 'problem' in sources && <p className="note">{sources.problem}</p>}
        {sources && 'before' in sources && (
          <Suspense fallback={<p className="note">Loading…</p>}>
            <DiffView before={isRoot ? sources.after : sources.before} after={sources.after} />
          </Suspense>
        )}
      </div>
    </section>
  )
}
