// The command line of `npm run lab`, read strictly: a misspelt option must not cost a night of experiments.

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { LabError } from '../core/errors'
import type { TokenizerSpec } from '../data/types'
import type { Budget, KeepRuleSpec } from '../judge/task'
import type { BackendChoice } from '../judge/types'
import { modelArgs, MODEL_HELP, MODEL_OPTIONS, type ModelArgs } from './modelArgs'

/** What the person asked for; null where the lab chooses, or where a resumed lab has chosen already. */
export interface LabArgs {
  data: string | null
  val: string | null
  experiments: number
  budget: Budget | null
  controller: string | null
  out: string
  seed: number | null
  tokenizer: TokenizerSpec | null
  rule: KeepRuleSpec['kind'] | null
  backend: BackendChoice
  /** tokens a second below which a program is given up */
  minSpeed: number | null
  /** MiB that a run may take */
  memory: number | null
  /** minutes of running after which the lab ends, and bits per byte at which it does */
  minutes: number | null
  target: number | null
  /** modes, orders and moves of the lab around its researcher */
  guide: 'on' | 'off' | null
  model: ModelArgs
  json: boolean
  help: boolean
}

export const HELP = `Usage: npm run lab -- [options]
       npm run lab -- replay RECEIPT [options]
       npm run lab -- transfer [options]
       npm run lab -- duel A B [options]
       npm run lab -- overhead [options]
       npm run lab -- gateway [options]
       npm run lab -- verify-bounty [options]
       npm run lab -- scripted-model [--port N]

Trains a tiny GPT, changes its program, keeps what measurably helps, and leaves a git repository.

  --data FILE|URL      text to train on (default: the built-in stories)
  --val FILE|URL       text to validate on (default: a part of the data)
  --experiments N      how many to decide after the baseline (default: 10)
  --minutes N          end when all runs together have taken so long (default: never)
  --target BPB         end when the best has so few bits per byte (default: never)
  --guide on|off       reviews, forks, combinations and ideas of the lab around its researcher (default: on)
  --budget AMOUNT      for each run: 30s, 2m, 200ktok or 2Mtok (default: 60s, 15s without a GPU)
  --controller NAME    who proposes changes: CONTROLLERS
  --tokenizer KIND     bytes, or bpe:512: a multiple of 4 from 256 to 8192 (default: bytes)
  --rule KIND          measured: beat the noise on paired seeds (default); plain: lower once, which keeps luck
  --seed N             of the judge and the researcher (default: 1)
  --out DIR            where the repository goes; run again on the same DIR to go on (default: lab-out)
  --backend NAME       webgpu, wasm (the processor), or auto: wasm where there is no GPU (default: auto)
  --min-speed N        give a program up that trains fewer than N tokens a second (default: none)
  --memory N           MiB that a run may take; what is predicted to need more is not run (default: as the adapter allows)
  --json               one JSON object a line instead of a progress line
  --help               this text

${MODEL_HELP}

Ctrl-C closes the current experiment honestly; a second one ends at once.`

/** Options that every command which makes a lab takes. */
export const LAB_OPTIONS = {
  data: { type: 'string' },
  val: { type: 'string' },
  experiments: { type: 'string' },
  budget: { type: 'string' },
  controller: { type: 'string' },
  out: { type: 'string' },
  seed: { type: 'string' },
  tokenizer: { type: 'string' },
  rule: { type: 'string' },
  backend: { type: 'string' },
  'min-speed': { type: 'string' },
  memory: { type: 'string' },
  minutes: { type: 'string' },
  target: { type: 'string' },
  guide: { type: 'string' },
  ...MODEL_OPTIONS,
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Reads the command line.
 * @param controllers names of the researchers that exist
 * @throws LabError "import.invalid" naming the option and what it takes
 */
export function parseLabArgs(argv: readonly string[], controllers: readonly string[]): LabArgs {
  return labArgs(readOptions(argv, LAB_OPTIONS).values, controllers)
}

type Given = ReturnType<typeof readOptions<typeof LAB_OPTIONS>>['values']

/** The same, of options that have been read. @throws LabError "import.invalid" */
export function labArgs(given: Given, controllers: readonly string[]): LabArgs {
  if (given.val !== undefined && given.data === undefined) {
    throw invalid('--val needs --data.', 'Name the text to train on, too.')
  }
  return {
    data: given.data ?? null,
    val: given.val ?? null,
    experiments: given.experiments === undefined ? 10 : whole('--experiments', given.experiments, 1),
    budget: given.budget === undefined ? null : parseBudget(given.budget),
    controller: given.controller === undefined ? null : oneOf('--controller', given.controller, controllers),
    out: given.out ?? 'lab-out',
    seed: given.seed === undefined ? null : whole('--seed', given.seed, 0),
    tokenizer: given.tokenizer === undefined ? null : parseTokenizer(given.tokenizer),
    rule: given.rule === undefined ? null : oneOf('--rule', given.rule, ['measured', 'plain'] as const),
    backend: given.backend === undefined ? 'auto' : oneOf('--backend', given.backend, ['auto', 'webgpu', 'wasm'] as const),
    minSpeed: given['min-speed'] === undefined ? null : whole('--min-speed', given['min-speed'], 1),
    memory: given.memory === undefined ? null : whole('--memory', given.memory, 1),
    minutes: given.minutes === undefined ? null : positive('--minutes', given.minutes),
    target: given.target === undefined ? null : positive('--target', given.target),
    guide: given.guide === undefined ? null : oneOf('--guide', given.guide, ['on', 'off'] as const),
    model: modelArgs(given),
    json: given.json ?? false,
    help: given.help ?? false,
  }
}

/** @param allowPositionals names that stand before the options. @throws LabError "import.invalid" */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: T, allowPositionals = false) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new LabError('import.invalid', `${message}.`, { hint: 'See npm run lab -- --help.', cause })
  }
}

/**
 * A budget such as 30s, 1.5m, 200ktok, 2Mtok or 50000tok.
 * @returns seconds of training, or tokens
 * @throws LabError "import.invalid"
 */
export function parseBudget(text: string): Budget {
  const match = /^(\d+(?:\.\d+)?)(s|m|tok|ktok|Mtok)$/.exec(text)
  const scale = { s: 1, m: 60, tok: 1, ktok: 1e3, Mtok: 1e6 }
  const amount = match ? Number(match[1]) * scale[match[2] as keyof typeof scale] : 0
  if (!match || !(amount > 0)) throw invalid(`--budget cannot be "${text}".`, 'Write it like 30s, 2m, 200ktok or 2Mtok.')
  return match[2].endsWith('tok')
    ? { kind: 'tokens', amount: Math.max(1, Math.round(amount)) }
    : { kind: 'seconds', amount }
}

function parseTokenizer(text: string): TokenizerSpec {
  if (text === 'bytes') return { kind: 'bytes' }
  const match = /^bpe:(\d+)$/.exec(text)
  const vocab = match ? Number(match[1]) : 0
  if (vocab < 256 || vocab > 8192 || vocab % 4 !== 0) {
    const hint = 'Write bytes, or bpe: and a vocabulary, a multiple of 4 from 256 to 8192, like bpe:512.'
    throw invalid(`--tokenizer cannot be "${text}".`, hint)
  }
  return { kind: 'bpe', vocab }
}

/** A whole number of an option. @throws LabError "import.invalid" */
export function whole(option: string, text: string, least: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > 0xffffffff) {
    throw invalid(`${option} cannot be "${text}".`, `It takes a whole number from ${least}.`)
  }
  return value
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0)) throw invalid(`${option} cannot be "${text}".`, 'It takes a number above 0.')
  return value
}

/** One of the names that an option takes. @throws LabError "import.invalid" */
export function oneOf<T extends string>(option: string, text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text)
  if (!found) throw invalid(`${option} cannot be "${text}".`, `Choose one of: ${names.join(', ')}.`)
  return found
}

/** The error of a command line that cannot be read. */
export function invalid(message: string, hint: string): LabError {
  return new LabError('import.invalid', message, { hint })
}
