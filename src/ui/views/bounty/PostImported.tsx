import { useDesk } from '../../state/bountyContext'
import type { Imported } from '../../state/bountyDesk'
import { leftBehind } from '../../state/bountyImport'
import { tameLine } from '../../state/bountyText'
import { bpb, count } from '../../state/format'
import { datasetLabel } from '../../state/settings'
import type { BountyDraft } from '../../../worker/bountyProtocol'
import { Code } from './Code'
import { PostForm } from './PostForm'

/** The form filled with somebody's bounty.json: what it is about, what could not come along, and the rest to be changed. */
export function PostImported({ imported, money }: { imported: Imported; money: BountyDraft['money'] }) {
  const desk = useDesk()
  const { fileName, spec, draft } = imported
  const { task, baseline } = spec
  return (
    <div className="post">
      <section className="card imported" aria-label="From a file">
        <div className="imported-head">
          <h2>From {tameLine(fileName, 80)}</h2>
          <button type="button" className="button button-plain" onClick={() => desk.setImported(null)}>Post about a lab instead</button>
        </div>
        <p className="note">A draft of your own with its terms: you sign it, and whoever wrote the file has no part in it.</p>
        <dl className="record">
          <dt>Task</dt><dd>{tameLine(task.name, 120)}</dd>
          <dt>Text</dt><dd>{tameLine(datasetLabel(task.dataset), 200)}, {task.tokenizer.kind === 'bytes' ? 'bytes' : `BPE ${task.tokenizer.vocab}`}</dd>
          <dt>Measured on</dt><dd>{count(task.evaluation.tokens)} tokens, {count(task.evaluation.context)} at a time</dd>
          <dt>Baseline</dt><dd>{bpb(baseline.valBpb)} bits per byte on the public text, as the file says</dd>
        </dl>
        <Code label="The program to improve" before={baseline.trainJs} after={baseline.trainJs} />
        <div className="callout">
          <h3>What could not come along</h3>
          <ul className="left-behind">{leftBehind(spec, draft, money).map(({ what, text }) => <li key={what}><b>{what}.</b> {text}</li>)}</ul>
        </div>
      </section>
      <PostForm initial={draft} money={money} isStories={task.dataset.kind === 'grammar'} />
    </div>
  )
}
