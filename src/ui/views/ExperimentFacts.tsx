import type { Experiment, LabRecord } from '../../history/types'
import type { GateResult, KernelGateName } from '../../judge/types'
import { bpb, bytes, count, milliseconds, when } from '../state/format'
import { budgetLabel } from '../state/settings'
import { Fact } from './Fact'
import { Icon } from './Icon'

const GATES: Record<Exclude<GateResult['gate'], KernelGateName>, string> = {
  finite: 'Loss stayed finite',
  bounds: 'Score within bounds',
  causality: 'No look into the future',
  rows: 'Rows are independent',
  arrangement: 'Company does not matter',
  guards: 'Within the guards',
  program: 'What ran is what was committed',
  repeat: 'The jump came again',
}

function gateName(gate: GateResult['gate']): string {
  return isOfKernels(gate) ? `Custom kernels: ${gate.slice('kernel:'.length)}` : GATES[gate]
}

function isOfKernels(gate: GateResult['gate']): gate is KernelGateName {
  return gate.startsWith('kernel:')
}

const TRAINED_ON = { webgpu: 'WebGPU', wasm: 'WebAssembly' }

/** Seeds and scores, gates, measurements, and where it is kept. */
export function ExperimentFacts({ row, lab }: { row: Experiment; lab: LabRecord | null }) {
  const measured = row.measurements
  return (
    <>
      {row.seeds.length > 0 && (
        <section aria-labelledby="seeds-title">
          <h3 id="seeds-title">Seeds and scores</h3>
          <table className="seed-table">
            <thead><tr><th scope="col">Seed</th><th scope="col" className="num">val_bpb</th></tr></thead>
            <tbody>
              {row.seeds.map((seed, i) => (
                <tr key={seed}><th scope="row">{seed}</th><td className="num">{bpb(row.scores[i])}</td></tr>
              ))}
              {row.hiddenBpb !== null && (
                <tr><th scope="row">hidden split</th><td className="num">{bpb(row.hiddenBpb)}</td></tr>
              )}
            </tbody>
          </table>
        </section>
      )}
      {row.gates.length > 0 && (
        <section aria-labelledby="gates-title">
          <h3 id="gates-title">Gates</h3>
          <ul className="gates">
            {row.gates.map((gate) => (
              <li key={gate.gate} className={gate.passed ? 'gate-passed' : 'gate-failed'}>
                <Icon name={gate.passed ? 'check' : 'cross'} size={14} />
                <span><b>{gateName(gate.gate)}</b>: {gate.passed ? 'passed' : 'failed'}{gate.detail && ` (${gate.detail})`}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {measured && (
        <section aria-labelledby="measured-title">
          <h3 id="measured-title">Measurements</h3>
          <dl className="facts">
            <Fact term="Parameters" value={count(measured.paramCount)} />
            <Fact term="Steps" value={count(measured.steps)} />
            <Fact term="Tokens" value={count(measured.tokens)} />
            <Fact term="Speed" value={`${count(measured.tokensPerSecond)} tok/s`} />
            <Fact term="Step time" value={milliseconds(measured.stepMs)} />
            <Fact term="Dispatches a step" value={count(measured.dispatchesPerStep)} />
            <Fact term="Training" value={milliseconds(measured.trainMs)} />
            <Fact term="Compiling" value={milliseconds(measured.compileMs)} />
            <Fact term="Evaluating" value={milliseconds(measured.evalMs)} />
            <Fact term="Memory" value={bytes(measured.bytesAllocated)} />
            {measured.backend && <Fact term="Trained on" value={TRAINED_ON[measured.backend]} />}
            {measured.tuning && <Fact term="Kernel set" value={measured.tuning} />}
          </dl>
        </section>
      )}
      <section aria-labelledby="record-title">
        <h3 id="record-title">Record</h3>
        <dl className="record">
          <dt>Commit</dt><dd><code>{row.commit.slice(0, 12) || '–'}</code></dd>
          <dt>Program</dt><dd><code>{row.programHash.slice(0, 12) || '–'}</code></dd>
          {measured?.adapter && <><dt>Adapter</dt><dd>{measured.adapter}</dd></>}
          {lab && <><dt>Budget</dt><dd>{budgetLabel(lab.task.budget)} of training a run</dd></>}
          <dt>Begun</dt><dd>{when(row.createdAt)}</dd>
        </dl>
      </section>
    </>
  )
}
