import { useState } from 'react'
import type { LabRecord } from '../../../history/types'
import { useSession } from '../../state/context'
import { NO_END } from '../../state/settings'
import { EndFields } from '../EndFields'
import type { Ends } from '../EndFields'

/** Other limits for a lab that is there: one that has ended goes on with Start. */
export default function ChangeEnds({ lab }: { lab: LabRecord }) {
  const session = useSession()
  const [value, setValue] = useState<Ends>({ maxExperiments: lab.maxExperiments ?? null, ends: lab.ends ?? NO_END })
  const [said, setSaid] = useState('')
  const save = async () => {
    if (await session.attempt('ends', () => session.client.api.setEnds(value.maxExperiments, value.ends))) setSaid('Saved.')
  }
  return (
    <div className="researcher-change">
      <EndFields value={value} hasModel={lab.researcher !== undefined} onChange={(next) => {
        setValue(next)
        setSaid('')
      }} />
      <div className="button-row">
        <button type="button" className="button button-plain" onClick={() => void save()}>Save the limits</button>
        <span role="status" className="said">{said}</span>
      </div>
    </div>
  )
}
