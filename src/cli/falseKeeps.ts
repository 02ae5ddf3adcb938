// npm run lab -- false-keeps: how often each rule keeps a change that does nothing. The no-op researcher proposes, real
// programs are trained, and whatever is kept is kept by luck.

import { join } from 'node:path'
import type { Experiment, LabRecord } from '../history/types'
import { runCost } from '../research/ruler'
import type { LabArgs } from './args'
import { EXIT, runHeadless, type Parts } from './headless'
import { openOutFolder } from './outFolder'
import type { Report, Terminal } from './report'

/** What the command assumes where the person says nothing: a hundred short runs of equal work. */
export const FALSE_KEEP_DEFAULTS = ['--experiments', '100', '--budget', '20ktok', '--out', 'false-keeps', '--guide', 'off']

export const FALSE_KEEPS_HELP = `Usage: npm run lab -- false-keeps [options]

Measures the judge: a researcher that proposes only changes that do nothing but draw the initial weights anew, once under
the default rule and once under the plain one, with the same seed. Every keep is luck.

  --experiments N   decisions under each rule (default: 100)
  --budget AMOUNT   for each run (default: 20ktok)
  --out DIR         two labs go here, measured/ and plain/; run again to go on (default: false-keeps)
  and --data, --val, --tokenizer, --seed, --backend, --json as for npm run lab`

const RULES = ['measured', 'plain'] as const

/** One rule's lab in numbers. */
export interface FalseKeeps {
  rule: string
  decisions: number
  keeps: number
  /** of the first ten, before luck has become hard to beat by luck */
  earlyKeeps: number
  /** bits per byte that its keeps claimed to gain in all, for nothing */
  claimedBpb: number
  runs: number
  repeats: number
  sigmaBpb: number | null
  minutes: number
}

/** Runs both labs, one after the other, and prints the table. @returns the exit code */
export async function falseKeeps(args: LabArgs, parts: Parts, report: Report, stop: AbortSignal, terminal: Terminal): Promise<number> {
  const found: FalseKeeps[] = []
  for (const rule of RULES) {
    const out = join(args.out, rule)
    const code = await runHeadless({ ...args, out, rule, controller: 'noop' }, parts, report, stop)
    if (code !== EXIT.done) return code
    const folder = await openOutFolder(out)
    try {
      found.push(countFalseKeeps(rule, folder.lab!, await folder.ledger.listExperiments(folder.lab!.labId)))
    } finally {
      await folder.release()
    }
  }
  terminal.write(args.json ? `${JSON.stringify({ event: 'false-keeps', rules: found })}\n` : `\n${table(found)}\n`)
  return EXIT.done
}

/** Counts what a lab of no-op changes decided. */
function countFalseKeeps(rule: string, { sigmaBpb }: Pick<LabRecord, 'sigmaBpb'>, rows: readonly Experiment[]): FalseKeeps {
  const decided = rows.filter(({ status }) => status === 'keep' || status === 'discard')
  const keeps = decided.filter(({ status }) => status === 'keep')
  const { looks, sigma, repeats } = runCost(rows)
  return {
    rule,
    decisions: decided.length,
    keeps: keeps.length,
    earlyKeeps: decided.slice(0, 10).filter(({ status }) => status === 'keep').length,
    claimedBpb: keeps.reduce((sum, { deltaBpb }) => sum - (deltaBpb ?? 0), 0),
    runs: looks.runs + sigma.runs + repeats.runs,
    repeats: sigma.runs + repeats.runs,
    sigmaBpb,
    minutes: (looks.wallMs + sigma.wallMs + repeats.wallMs) / 60_000,
  }
}

function table(found: readonly FalseKeeps[]): string {
  const head = ['rule', 'no-op changes decided', 'kept', 'of the first ten', 'gain claimed', 'runs', 'of them repeats', 'σ', 'minutes']
  const lines = found.map(({ rule, decisions, keeps, earlyKeeps, claimedBpb, runs, repeats, sigmaBpb, minutes }) => [
    rule, String(decisions), String(keeps), String(earlyKeeps), claimedBpb.toFixed(4), String(runs), String(repeats), sigmaBpb?.toFixed(4) ?? '–', minutes.toFixed(1),
  ]) // prettier-ignore
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)))
  return [head, ...lines].map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')).join('\n')
}
