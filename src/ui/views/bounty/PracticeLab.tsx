import { useState } from 'react'
import { LabError } from '../../../core/errors'
import { practiceLab } from '../../state/bountyPractice'
import { useApp, useSession } from '../../state/context'
import type { AppState } from '../../state/store'

/** Makes a lab that a practice bounty can be about, and measures its baseline. */
export function PracticeLab() {
  const { client } = useSession()
  const [making, setMaking] = useState(false)
  const [problem, setProblem] = useState<LabError | null>(null)
  const obstacle = useApp(obstacleOf)
  const activity = useApp((state) => state.status.activity)
  const running = useApp((state) => state.status.phase === 'running')
  const make = async () => {
    setMaking(true)
    setProblem(null)
    try {
      await client.api.create(practiceLab(await client.api.defaults()))
      await client.api.start()
    } catch (thrown) {
      setProblem(LabError.from(thrown))
      setMaking(false)
    }
  }
  return (
    <div className="practice-lab">
      <button type="button" className="button button-play next-button" aria-disabled={making || obstacle !== ''} onClick={() => {
        if (!making && obstacle === '') void make()
      }}>{making ? 'Measuring its baseline…' : 'Make a practice lab'}</button>
      <p className="note" role="status">{making ? (running ? `It is ${activity}.` : 'It begins.') : obstacle || 'A tiny model that learns ten times too slowly, on purpose. Measured in less than a minute.'}</p>
      {problem && <p className="problem" role="alert"><b>{problem.message}</b> {problem.hint}</p>}
    </div>
  )
}

function obstacleOf({ adapter, status }: AppState): string {
  if (status.watching) return 'Another tab leads the lab; practise there.'
  if (status.phase === 'running' || status.phase === 'stopping') return 'A lab is running; pause it first.'
  return adapter ? '' : 'There is nothing to train on yet.'
}
