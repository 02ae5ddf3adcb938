// npm run lab -- transfer: how much of a lab's gain carries over to a larger model, a longer budget and another text.

import { LabError } from '../core/errors'
import { predictBytes } from '../engine/predict'
import { labSnapshot } from '../history/newLab'
import type { ArmReport, TransferRecord } from '../history/transfers'
import { openTransferFiles } from '../history/transfersFile'
import { defaultOptions, type TransferOptions } from '../research/transfer/options'
import { planTransfer, type TransferDeps, type TransferPlan } from '../research/transfer/plan'
import { runTransfer, type TransferEvent } from '../research/transfer/run'
import { ARM_LABELS, durationText, gainText, planLines, shareText } from '../research/transfer/words'
import { EXIT, type Parts } from './headless'
import { openOutFolder, type OutFolder } from './outFolder'
import { jsonReport, textReport, type Terminal } from './report'
import type { TransferArgs } from './transferArgs'

/** Plans, says what it will cost, measures, and prints the report. @returns the exit code */
export async function runTransferCommand(args: TransferArgs, parts: Pick<Parts, 'trainer' | 'box' | 'source' | 'prepare'>, terminal: Terminal, stop: AbortSignal): Promise<number> {
  const report = args.json ? jsonReport(terminal) : textReport(terminal)
  let folder: OutFolder | null = null
  try {
    folder = await openOutFolder(args.out)
    const { lab } = folder
    if (!lab) throw new LabError('lab.state', `There is no lab in ${folder.path}.`, { hint: 'Name the folder of one with --out.' })
    const rows = await folder.ledger.listExperiments(lab.labId)
    const measuredOn = rows.find(({ status }) => status === 'baseline')?.measurements?.backend
    await parts.trainer.open(args.backend ?? measuredOn ?? 'auto')
    await folder.repo.open(lab.branch, labSnapshot(lab), `${lab.name}: the unmodified program`)
    const { arms, scale, longer, seeds, perChange, limitSeconds } = args
    const dataset = args.data === null ? defaultOptions(lab).dataset : await parts.source(folder.path, args.data, args.val)
    const options: TransferOptions = { arms, scale, longer, dataset, seeds, perChange, limitSeconds }
    const { repo, path } = folder
    const deps: TransferDeps = {
      trainer: parts.trainer,
      box: parts.box,
      predictBytes,
      source: async (row) => (await repo.read(row.commit))['train.js'],
      async data(source, tokenizer) {
        const prepared = await parts.prepare(path, source, tokenizer, report)
        return { tokens: await prepared.tokens(), floorBpb: prepared.floorBpb }
      },
    }
    const plan = await planTransfer(lab, rows, options, deps)
    if (args.json) terminal.write(`${JSON.stringify({ event: 'plan', ...planOf(plan) })}\n`)
    else for (const line of planLines(plan.record)) report.say(line)
    if (args.estimate) return EXIT.done
    const record = await runTransfer(plan, openTransferFiles(path), deps, tell(args, terminal, report), stop)
    await repo.saveTransfer(record.id, `${JSON.stringify(record, null, 2)}\n`)
    if (args.json) terminal.write(`${JSON.stringify({ event: 'report', id: record.id, finished: record.finished, ...record.report })}\n`)
    else for (const line of reportLines(record, args.out)) report.say(line)
    return record.finished ? EXIT.done : EXIT.interrupted
  } catch (thrown) {
    report.error(LabError.from(thrown))
    return EXIT.failed
  } finally {
    await folder?.release()
  }
}

function planOf({ record: { id, seeds, chain, plan } }: TransferPlan) {
  return { id, seeds, chain, plan }
}

function tell(args: TransferArgs, terminal: Terminal, report: ReturnType<typeof textReport>): (event: TransferEvent) => void {
  return (event) => {
    if (event.kind === 'begin') {
      const { arm, number, seed, done, total, secondsLeft } = event.progress
      if (args.json) terminal.write(`${JSON.stringify({ event: 'begin', ...event.progress })}\n`)
      else report.say(`Run ${done + 1} of ${total}: ${ARM_LABELS[arm]}, ${number === 0 ? 'baseline' : `experiment ${number}`}, seed ${seed}; ${durationText(secondsLeft)} left`)
    } else if (event.kind === 'record' && event.run) {
      const { run } = event
      if (args.json) terminal.write(`${JSON.stringify({ event: 'run', ...run })}\n`)
      else report.say(`  ${run.valBpb === null ? run.failure?.message : `${run.valBpb.toFixed(4)} bits per byte`}`)
    }
  }
}

/** The report as a table and a sentence for each setting. */
function reportLines({ report: { labGainBpb, arms }, id, plan }: TransferRecord, out: string): string[] {
  const head = ['setting', 'pairs', 'baseline', 'best', 'gain, 95 %', 'of the gain survives, 95 %', 'verdict']
  const bpb = (value: number | null) => value?.toFixed(4) ?? '–'
  const cells = arms.map((arm) => [
    ARM_LABELS[arm.arm], String(arm.gain?.pairs ?? 0), bpb(arm.baselineBpb), bpb(arm.bestBpb), gainText(arm.gain), shareText(arm.share), arm.verdict,
  ]) // prettier-ignore
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i].length)))
  const table = [head, ...cells].map((line) => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd())
  const reasons = arms.flatMap((arm) => [`${ARM_LABELS[arm.arm]}: ${arm.reason}`, ...changeLines(arm), ...plan.find((planned) => planned.arm === arm.arm)!.notes.map((note) => `  ${note}`)])
  const lab = labGainBpb === null ? [] : [`The lab’s own decisions saw a gain of ${labGainBpb.toFixed(4)} bits per byte.`]
  return ['', ...table, '', ...lab, ...reasons, `The record: ${out}/transfers/${id}.json`]
}

function changeLines({ changes }: ArmReport): string[] {
  return changes.map(({ number, description, gain }) => `  #${number} ${gainText(gain)}  ${description}`)
}
