import { useState } from 'react'
import { LabError } from '../../core/errors'
import type { ReplayRecord } from '../../history/replay'
import type { ReceiptView } from '../../worker/protocol'
import { useSession } from '../state/context'
import { when } from '../state/format'
import { shortHash, useReplays, VERDICTS } from '../state/receipts'
import { FileDrop } from './FileDrop'
import { Icon } from './Icon'
import { ReceiptFacts } from './ReceiptFacts'
import { Replay } from './Replay'
import { RunsOn } from './RunsOn'

/** No receipt is larger than this; what is larger is not even read. */
const MOST_BYTES = 6_000_000

type Opened = { name: string; text: string; view: ReceiptView } | { name: string; problem: { message: string; hint: string } }

/** Where somebody else's claim is checked: its signature at once, its scores by running it again. */
export default function ReceiptsSection() {
  const { client } = useSession()
  const [opened, setOpened] = useState<Opened | null>(null)
  const take = async (file: File) => {
    const { name } = file
    try {
      if (file.size > MOST_BYTES) throw new LabError('import.invalid', 'This file is too large for a receipt.', { hint: 'Choose a receipt.' })
      const text = await file.text()
      setOpened({ name, text, view: await client.api.readReceipt(text) })
    } catch (thrown) {
      const { message, hint } = LabError.from(thrown)
      setOpened({ name, problem: { message, hint } })
    }
  }
  return (
    <section className="receipts" aria-labelledby="receipts-title">
      <h1 id="receipts-title">Check a receipt</h1>
      <p className="lede">
        Every finished experiment leaves a signed receipt: hashes of its program, task, text and code, its seeds, scores and
        course. The signature shows that nothing was altered since; running it again shows whether it was true. An experiment’s own receipt is at the end of its details in the lab.
      </p>
      <FileDrop label="Choose a receipt" accept="application/json,.json" note="or drop one here. It is read in this browser only." onFile={(file) => void take(file)} />
      <div aria-live="polite">
        {opened && ('view' in opened ? <Imported key={opened.view.fingerprint} opened={opened} /> : (
          <div className="verdict-error" role="alert">
            <p><b>{opened.name}</b>: {opened.problem.message}</p>
            <p className="note">{opened.problem.hint}</p>
          </div>
        ))}
      </div>
      <RunsOn />
      <PastReplays />
    </section>
  )
}

function Imported({ opened: { name, text, view } }: { opened: Extract<Opened, { view: ReceiptView }> }) {
  const { dataset } = view.receipt.task
  return (
    <article className="card receipt-card" aria-label="Imported receipt">
      <h2>{name}</h2>
      <ReceiptFacts view={view} />
      {dataset.kind === 'text' && <OwnText wanted={[dataset, ...(dataset.validation ? [dataset.validation] : [])]} />}
      {view.hasProgram
        ? <Replay fingerprint={view.fingerprint} file={async () => text} />
        : <p className="note">The file does not carry train.js, so it cannot be replayed; a download from the page or from npm run lab does.</p>}
    </article>
  )
}

/** A text that the receipt knows by its hash has to come from the person. */
function OwnText({ wanted }: { wanted: { name: string; sha256: string }[] }) {
  const { client } = useSession()
  const [said, setSaid] = useState('')
  const take = async (file: File) => {
    try {
      const source = await client.api.importText(file.name, await file.arrayBuffer())
      const found = source.kind === 'text' ? wanted.find(({ sha256 }) => sha256 === source.sha256) : undefined
      setSaid(found ? `${file.name} is ${found.name}: its hash is the same.` : `${file.name} is another text: its hash differs.`)
    } catch (thrown) {
      setSaid(LabError.from(thrown).message)
    }
  }
  return (
    <>
      <FileDrop
        label="Choose its text"
        accept="text/*,.txt,.md,.jsonl,.csv,.json"
        note={`It was trained on ${wanted.map(({ name }) => name).join(' and ')}, which the receipt knows by hash alone. Give it, unless this browser has it already.`}
        onFile={(file) => void take(file)}
      />
      <p role="status" className="said">{said}</p>
    </>
  )
}

function PastReplays() {
  const replays = useReplays()
  if (replays.length === 0) return null
  return (
    <section aria-labelledby="replays-title">
      <h2 id="replays-title">Replays in this browser</h2>
      <div className="table-scroll" role="region" aria-label="Replays" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">Receipt</th><th scope="col">Signed by</th><th scope="col">Verdict</th><th scope="col">When</th></tr></thead>
          <tbody>{replays.map((record, i) => <PastReplay key={i} record={record} />)}</tbody>
        </table>
      </div>
    </section>
  )
}

function PastReplay({ record }: { record: ReplayRecord }) {
  const { label, icon, tone } = VERDICTS[record.verdict]
  return (
    <tr>
      <th scope="row"><code>{shortHash(record.fingerprint)}</code></th>
      <td><code>{shortHash(record.publicKey)}</code></td>
      <td title={record.reason}><span className={`badge badge-${tone}`}><Icon name={icon} size={14} />{label}</span></td>
      <td>{when(record.at)}</td>
    </tr>
  )
}
