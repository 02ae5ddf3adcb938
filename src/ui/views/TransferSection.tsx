import { useState } from 'react'
import { LabError } from '../../core/errors'
import type { TransferRecord } from '../../history/transfers'
import type { Experiment, LabRecord } from '../../history/types'
import { ARM_LABELS, defaultOptions, durationText } from '../../worker/client'
import type { LabApi, LabStatus } from '../../worker/protocol'
import { useApp, useSession } from '../state/context'
import { useTransfers, whyNoTransfer } from '../state/transfers'
import { Icon } from './Icon'
import { TransferOptions } from './TransferOptions'
import { TransferPlan, TransferResult } from './TransferResult'

type Options = Parameters<LabApi['transfer']>[0]
type Problem = { message: string; hint: string }

/** How much of the gain carries over: asked for, estimated, measured while the lab rests, and kept. */
export function TransferSection({ lab, rows }: { lab: LabRecord; rows: Experiment[] }) {
  const { client } = useSession()
  const [options, setOptions] = useState<Options>(() => defaultOptions(lab))
  const [plan, setPlan] = useState<TransferRecord | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const busy = useApp(whyNoTransfer)
  const transferring = useApp((state) => state.status.transferring)
  const records = useTransfers(lab.labId)
  const hasGain = rows.some(({ number, status }) => number === lab.incumbent && status === 'keep')
  const obstacle = hasGain ? busy : 'Nothing has been kept yet, so there is no gain to transfer.'

  const ask = async (work: () => Promise<void>) => {
    setProblem(null)
    try {
      await work()
    } catch (thrown) {
      setProblem(LabError.from(thrown))
    }
  }
  const estimate = () => ask(async () => setPlan(await client.api.planTransfer(options)))
  const measure = () => ask(async () => {
    setPlan(null)
    await client.api.transfer(options)
  })
  const button = (label: string, run: () => Promise<void>) => (
    <button type="button" className="button button-plain" aria-disabled={obstacle !== ''} onClick={() => {
      if (obstacle === '') void run()
    }}>
      {label}
    </button>
  )
  return (
    <details className="card program transfer">
      <summary>
        <h2>Transfer</h2>
        <span className="note">How much of the gain survives elsewhere</span>
        <Icon name="down" />
      </summary>
      <div className="profile-body">
        <p className="profile-note">
          What helps a small model for a short time may not help a larger one. Baseline and best are trained again, on seeds
          that no decision has seen: in the lab’s own setting, and in each of these.
        </p>
        {transferring ? <Progress at={transferring} mine={transferring.labId === lab.labId} /> : (
          <>
            <TransferOptions own={lab.task.dataset} options={options} onChange={(changed) => {
              setOptions(changed)
              setPlan(null)
            }} />
            <div className="profile-ask">
              {button('Estimate', estimate)}
              {plan && button(`Measure, about ${durationText(plan.plan.reduce((sum, { seconds }) => sum + seconds, 0))}`, measure)}
              <p className="note">{obstacle || 'The estimate trains nothing. What has been measured before is not measured again.'}</p>
            </div>
          </>
        )}
        <div aria-live="polite">
          {problem && <p className="profile-problem"><b>{problem.message}</b> {problem.hint}</p>}
          {plan && !transferring && <TransferPlan record={plan} />}
        </div>
        {records.map((record) => <TransferResult key={record.id} record={record} />)}
      </div>
    </details>
  )
}

function Progress({ at, mine }: { at: NonNullable<LabStatus['transferring']>; mine: boolean }) {
  const { client } = useSession()
  const { arm, number, seed, done, total, secondsLeft, progress } = at
  return (
    <div className="profile-ask">
      <button type="button" className="button button-plain" onClick={() => void client.api.stopTransfer()}>Stop the transfer</button>
      <label className="replay-progress">
        <span>
          {mine ? '' : 'Another lab: '}run {done + 1} of {total}, {ARM_LABELS[arm].toLowerCase()}, {number === 0 ? 'baseline' : `experiment ${number}`}, seed {seed};
          about {durationText(secondsLeft)} left
        </span>
        <progress max={total} value={done + progress} />
      </label>
    </div>
  )
}
