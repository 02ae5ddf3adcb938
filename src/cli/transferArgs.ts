// The command line of `npm run lab -- transfer`.

import { parseArgs } from 'node:util'
import { LabError } from '../core/errors'
import type { ArmName } from '../history/transfers'
import type { BackendChoice } from '../judge/types'

export interface TransferArgs {
  out: string
  data: string | null
  val: string | null
  arms: Exclude<ArmName, 'same'>[]
  seeds: number
  scale: number
  longer: number
  perChange: boolean
  limitSeconds: number | null
  estimate: boolean
  backend: BackendChoice | null
  json: boolean
  help: boolean
}

export const TRANSFER_HELP = `Usage: npm run lab -- transfer [options]

Says how much of a lab's gain carries over: baseline and best are trained again, on paired seeds that no decision has
seen, in the lab's own setting, with a larger model, with a longer budget, and on another text.

  --out DIR            the lab's folder (default: lab-out)
  --arms LIST          of larger, longer, data and together, which is all three at once (default: larger,longer,data)
  --scale X            factor on every size knob (WIDTH, DEPTH, HEADS …) of both programs (default: 2)
  --longer X           factor on the budget (default: 4)
  --data FILE|URL      the other text (default: other built-in stories; the built-in stories for a lab on a text of yours)
  --val FILE|URL       what to validate on there (default: a part of the data)
  --seeds K            pairs in each setting (default: 3)
  --per-change         measure every kept program between baseline and best, too
  --limit TIME         expected time that may be spent, like 90s, 30m or 2h; changes for which there is no room are left out
  --estimate           say what would be measured and how long it takes, and end
  --backend NAME       webgpu or wasm (default: what the lab was measured on)
  --json               one JSON object a line
  --help               this text

Ctrl-C keeps what has been measured; the same command goes on. The report is kept in DIR/transfers.`

const ARMS = ['larger', 'longer', 'data', 'together'] as const

const OPTIONS = {
  out: { type: 'string', default: 'lab-out' },
  data: { type: 'string' },
  val: { type: 'string' },
  arms: { type: 'string', default: 'larger,longer,data' },
  seeds: { type: 'string', default: '3' },
  scale: { type: 'string', default: '2' },
  longer: { type: 'string', default: '4' },
  'per-change': { type: 'boolean', default: false },
  limit: { type: 'string' },
  estimate: { type: 'boolean', default: false },
  backend: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/**
 * @param argv what follows "transfer"
 * @throws LabError "import.invalid" naming the option and what it takes
 */
export function parseTransferArgs(argv: readonly string[]): TransferArgs {
  const given = read(argv)
  if (given.val !== undefined && given.data === undefined) throw invalid('--val needs --data.')
  const { out, data = null, val = null, estimate, json, help } = given
  const arms = given.arms.split(',').map((name) => oneOf('--arms', name, ARMS))
  return {
    out, data, val, arms, estimate, json, help,
    seeds: number('--seeds', given.seeds, /^\d+$/, 1, 20),
    scale: number('--scale', given.scale, /^\d+(\.\d+)?$/, 1.1, 16),
    longer: number('--longer', given.longer, /^\d+(\.\d+)?$/, 1.1, 100),
    perChange: given['per-change'],
    limitSeconds: given.limit === undefined ? null : seconds(given.limit),
    backend: given.backend === undefined ? null : oneOf('--backend', given.backend, ['auto', 'webgpu', 'wasm'] as const),
  } // prettier-ignore
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values
  } catch (cause) {
    throw invalid(`${cause instanceof Error ? cause.message.split('. ')[0] : String(cause)}.`)
  }
}

function number(option: string, text: string, form: RegExp, least: number, most: number): number {
  const value = Number(text)
  if (form.test(text) && value >= least && value <= most) return value
  throw invalid(`${option} cannot be "${text}".`, `It takes a number from ${least} to ${most}.`)
}

function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text)
  const value = match ? Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as 's' | 'm' | 'h'] : 0
  if (value > 0) return value
  throw invalid(`--limit cannot be "${text}".`, 'Write it like 90s, 30m or 2h.')
}

function oneOf<T extends string>(option: string, text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text)
  if (!found) throw invalid(`${option} cannot be "${text}".`, `Choose of: ${names.join(', ')}.`)
  return found
}

function invalid(message: string, hint = 'See npm run lab -- transfer --help.'): LabError {
  return new LabError('import.invalid', message, { hint })
}
