import type { ListingView } from '../../../worker/bountyProtocol'
import { useNameOf } from '../../state/bountyContext'
import { shortKey, tameLine } from '../../state/bountyText'
import { blocksText, dateText, ESCROWS } from '../../state/bountyWords'
import { bpb, bytes, count, duration, percent, plural } from '../../state/format'
import { Icon } from '../Icon'
import { Code } from './Code'
import { Sats } from './Sats'

/** Everything that was promised, as it was signed. */
export function Terms({ listing }: { listing: ListingView }) {
  const { spec } = listing
  const { task, rules, lock } = spec
  const nameOf = useNameOf()
  const play = spec.money === 'play'
  return (
    <section className="card terms" aria-label="Terms">
      <h2>Terms</h2>
      <p className="terms-escrow"><b>{ESCROWS[spec.escrow].label}.</b> {ESCROWS[spec.escrow].about}</p>
      <dl className="record">
        <dt>Pool</dt><dd><Sats msat={spec.poolSat * 1000} play={play} />{spec.escrow === 'sliced' && <>, in {spec.slices} slices of <Sats msat={(spec.poolSat * 1000) / spec.slices} play={play} /></>}</dd>
        <dt>Paid in full for</dt><dd>{spec.targetImprovementBpb} bits per byte over the best attested before; less in proportion</dd>
        <dt>At once</dt><dd>{percent(spec.nowShare, 0)}; the rest after {spec.stabilityDelaySeconds === 0 ? 'an immediate re-check' : `a re-check ${duration(spec.stabilityDelaySeconds)} later`}</dd>
        <dt>Until</dt><dd>{dateText(spec.deadline)}</dd>
        <dt>Verifiers</dt><dd>{spec.verifiers.map((key) => key === listing.author ? `the sponsor (${shortKey(key)})` : nameOf(key)).join(', ')}</dd>
        <dt>Held out</dt><dd>{plural(spec.heldOut.length, 'text')}, {bytes(spec.heldOut.reduce((sum, { bytes: size }) => sum + size, 0))}, fixed by hash</dd>
      </dl>
      <details className="advanced">
        <summary><Icon name="right" size={14} />All the terms</summary>
        <dl className="record">
          <dt>Task</dt><dd>{tameLine(task.name, 120)}, {task.tokenizer.kind === 'bytes' ? 'bytes' : `BPE ${task.tokenizer.vocab}`}, {count(task.budget.amount)} tokens a run</dd>
          <dt>Measured on</dt><dd>{plural(spec.seeds, 'fresh seed')}; the median counts, within {spec.toleranceBpb} bits per byte</dd>
          <dt>Baseline</dt><dd>{bpb(spec.baseline.valBpb)} bits per byte on the public text</dd>
          <dt>Locks</dt><dd>between {blocksText(lock.minCltv)}, and {blocksText(lock.maxCltv)}</dd>
          <dt>A patch</dt><dd>is train.js with at most {plural(rules.maxDiffLines, 'line')} and {bytes(rules.maxDiffBytes)} changed, and at most {percent(rules.maxSimilarity, 0)} like an earlier one</dd>
          <dt>Forbidden</dt><dd>{rules.forbidden.length === 0 ? 'nothing by name' : rules.forbidden.map((text) => <code key={text}>{tameLine(text, 60)} </code>)}</dd>
          <dt>Submissions</dt><dd>at most {rules.maxSubmissionsPerKey} of one hunter</dd>
          <dt>Verifiers’ fee</dt><dd>{spec.coordinatorFeePercent} % of what is earned, on top of the pool</dd>
          <dt>Materials</dt><dd>{spec.materialsUrl === null ? 'come with the bounty' : <code>{tameLine(spec.materialsUrl, 200)}</code>}{spec.accessFeeSat > 0 && <>, for <Sats msat={spec.accessFeeSat * 1000} play={play} /></>}</dd>
          <dt>Sponsor</dt><dd><code className="whole-key">{listing.author}</code></dd>
          {spec.heldOut.map(({ sha256 }, i) => <Hash key={sha256} label={`Held-out text ${i + 1}`} hash={sha256} />)}
        </dl>
      </details>
      <Code label="The program to improve" before={spec.baseline.trainJs} after={spec.baseline.trainJs} />
    </section>
  )
}

function Hash({ label, hash }: { label: string; hash: string }) {
  return <><dt>{label}</dt><dd><code className="whole-key">{hash}</code></dd></>
}
