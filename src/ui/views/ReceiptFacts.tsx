import type { ReceiptView } from '../../worker/protocol'
import { bpb, count, when } from '../state/format'
import { outcomeOf } from '../state/outcome'
import { shortHash } from '../state/receipts'
import { budgetLabel, datasetLabel, tokenizerLabel } from '../state/settings'

/** What a receipt states, all of it its signer's word but the signature. */
export function ReceiptFacts({ view: { receipt, fingerprint, isOwn } }: { view: ReceiptView }) {
  const { experiment, task, runs, publicKey } = receipt
  const evidence = runs.find((run) => run.evidence !== null)?.evidence ?? null
  return (
    <>
      <dl className="record">
        <dt>Fingerprint</dt><dd><code title={fingerprint}>{shortHash(fingerprint)}</code></dd>
        <dt>Signature</dt><dd>valid, by <code title={publicKey}>{shortHash(publicKey)}</code>{isOwn ? ' (this browser)' : ' (somebody else)'}</dd>
        <dt>Experiment</dt><dd>{experiment.number}, {outcomeOf(experiment.status).label.toLowerCase()}{experiment.error && ` (${experiment.error})`}</dd>
        <dt>Text</dt><dd>{datasetLabel(task.dataset)} as {tokenizerLabel(task.tokenizer)}{task.dataset.kind === 'url' && <>, from <code>{task.dataset.url}</code></>}</dd>
        <dt>Budget</dt><dd>{budgetLabel(task.budget)} of training a run</dd>
        {evidence && <><dt>Trained on</dt><dd>{evidence.adapter.description || evidence.adapter.vendor || evidence.adapter.backend}</dd></>}
        <dt>Program</dt><dd><code title={receipt.program.trainJs}>{shortHash(receipt.program.trainJs)}</code></dd>
        <dt>Commit</dt><dd><code>{receipt.commit.slice(0, 12)}</code></dd>
        <dt>Finished</dt><dd>{when(experiment.finishedAt)}</dd>
      </dl>
      {runs.length > 0 && (
        <table className="seed-table">
          <thead>
            <tr><th scope="col">Seed</th><th scope="col" className="num">val_bpb</th><th scope="col" className="num">hidden</th><th scope="col" className="num">Steps</th></tr>
          </thead>
          <tbody>
            {runs.map((run, i) => (
              <tr key={i}>
                <th scope="row">{run.seed}</th>
                <td className="num">{run.score ? bpb(run.score.valBpb.decimal) : run.failure?.code}</td>
                <td className="num">{bpb(run.score?.hiddenBpb?.decimal)}</td>
                <td className="num">{run.evidence ? count(run.evidence.steps) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
