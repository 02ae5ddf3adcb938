import { useEffect, useState } from 'react'
import { LabError } from '../../core/errors'
import type { Cheat, Report } from '../../redteam/types'
import type { CheatFacts } from '../../worker/protocol'
import { useApp, useSession } from '../state/context'
import { noticeOf } from '../state/store'
import { Icon } from './Icon'
import { RunsOn } from './RunsOn'

const FAMILIES: Record<Cheat['family'], string> = {
  score: 'Faking the score',
  peeking: 'Peeking at later tokens',
  data: 'Touching the data',
  luck: 'Shopping for luck',
  clock: 'Bending the clock',
  escape: 'Leaving the box',
  bomb: 'Breaking the lab',
  kernel: 'Custom kernels',
  record: 'Forging the record',
}

/** Every known cheat, tried live on the lab that the reader has open. */
export default function RedTeamSection() {
  const { client, store } = useSession()
  const [cheats, setCheats] = useState<CheatFacts[]>([])
  const reports = useApp((state) => state.attacks)
  const attacking = useApp((state) => state.status.attacking)
  const obstacle = useApp(({ status, adapter }) =>
    status.watching ? 'Another tab leads; try it there.'
    : status.phase === 'running' || status.phase === 'stopping' ? 'A run is being measured; pause the lab first.'
    : status.replaying ? 'A receipt is being replayed; wait for it.'
    : status.dueling ? 'A duel is under way; wait for it, or stop it.'
    : adapter ? '' : 'There is nothing to train on yet.') // prettier-ignore
  useEffect(() => {
    client.api.cheats().then(setCheats, (thrown: unknown) => store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) }))
  }, [client, store])

  const run = async () => {
    store.dispatch({ kind: 'attacks', attacks: [] })
    try {
      await client.api.attack()
    } catch (thrown) {
      store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })
    }
  }
  return (
    <section className="redteam" aria-labelledby="redteam-title">
      <h1 id="redteam-title">Red team</h1>
      <p className="lede">
        The ways to a score that is not deserved, as far as we know them. Each is tried on the box, the trainer and the judge
        of this page, now and on your machine. Know another? It is one file in <code>src/redteam/cheats</code>.
      </p>
      <div className="redteam-ask">
        {attacking ? (
          <>
            <button type="button" className="button button-plain" onClick={() => void client.api.stopAttack()}>Stop</button>
            <label className="replay-progress">
              <span>{attacking.done} of {attacking.total} tried</span>
              <progress max={attacking.total} value={attacking.done} />
            </label>
          </>
        ) : (
          <>
            <button type="button" className="button button-primary" aria-disabled={obstacle !== ''} onClick={() => {
              if (obstacle === '') void run()
            }}>Try them all</button>
            <p className="note">{obstacle || 'Takes about a minute. Nothing of your labs is touched.'}</p>
          </>
        )}
      </div>
      <p className="redteam-sum" role="status">{attacking ? '' : summary(reports, cheats.length)}</p>
      {Object.entries(FAMILIES).map(([family, label]) => (
        <Family key={family} label={label} cheats={cheats.filter((cheat) => cheat.family === family)} reports={reports} />
      ))}
      <RunsOn />
    </section>
  )
}

function summary(reports: readonly Report[], total: number): string {
  if (reports.length === 0) return ''
  const blocked = reports.filter((report) => report.blocked).length
  const open = reports.filter((report) => report.blocked === false).length
  const untried = total - blocked - open
  return `${blocked} blocked, ${open} not blocked${untried > 0 ? `, ${untried} not tried` : ''}.`
}

function Family({ label, cheats, reports }: { label: string; cheats: CheatFacts[]; reports: readonly Report[] }) {
  if (cheats.length === 0) return null
  return (
    <section aria-label={label}>
      <h2>{label}</h2>
      <ul className="cheats" role="list">
        {cheats.map((cheat) => <Row key={cheat.id} cheat={cheat} report={reports.find(({ id }) => id === cheat.id)} />)}
      </ul>
    </section>
  )
}

const OUTCOMES = {
  blocked: { word: 'Blocked', icon: 'check', tone: 'gold' },
  open: { word: 'Not blocked', icon: 'warn', tone: 'bad' },
  untried: { word: 'Not tried', icon: 'info', tone: 'plain' },
} as const

function Row({ cheat, report }: { cheat: CheatFacts; report: Report | undefined }) {
  const { word, icon, tone } = OUTCOMES[report?.blocked ? 'blocked' : report?.blocked === false ? 'open' : 'untried']
  return (
    <li data-cheat={cheat.id}>
      <p className="cheat-title"><b>{cheat.title}</b> <span className={`badge badge-${tone}`}><Icon name={icon} size={14} />{word}</span></p>
      <p>{cheat.tries}</p>
      {report && <p className="cheat-reason">{report.reason} <code>{report.by}</code></p>}
    </li>
  )
}
