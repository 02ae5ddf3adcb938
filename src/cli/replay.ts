// npm run lab -- replay RECEIPT: somebody's score, measured again.

import { promises as fs } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { LabError } from '../core/errors'
import { memoryByteCache, type ByteCache } from '../data/byteCache'
import { importText, loadCorpus, prepareData } from '../data/corpus'
import { nodeByteCache } from '../data/nodeCache'
import type { TokenData } from '../data/types'
import { readReceipt, type VerifiedReceipt } from '../history/receipt'
import { MOST_CHARS } from '../history/receiptForm'
import { replayReceipt } from '../history/replayReceipt'
import type { ReplayReport } from '../history/replayVerdict'
import type { Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import type { ReplayArgs } from './replayArgs'
import type { Terminal } from './report'

/** Exit codes: confirmed, refuted or forged, nothing can be said. */
const REPLAY_EXIT = { confirmed: 0, refuted: 1, cannot: 2 } as const

export interface ReplayCommandParts {
  trainer: Trainer
  box: Box
  /** a line for people; replaced by the next where `passing` */
  say(line: string, passing?: boolean): void
  stop?: AbortSignal
}

/** What the command found, as --json prints it. */
export interface ReplayOutcome {
  receipt: string
  /** null where the file is no valid receipt */
  fingerprint: string | null
  publicKey: string | null
  report: ReplayReport | null
  error: { code: string; message: string; hint: string; field: string | null } | null
}

/** Runs the command on a terminal, or for --json prints one object. @returns the exit code */
export async function runReplay(args: ReplayArgs, parts: Omit<ReplayCommandParts, 'say'>, terminal: Terminal): Promise<number> {
  let passing = false
  const say = (line: string, isPassing = false) => {
    if (args.json || (isPassing && !terminal.isTTY)) return
    terminal.write(`${passing ? '\r\x1b[K' : ''}${line}${isPassing ? '' : '\n'}`)
    passing = isPassing
  }
  const { code, outcome } = await replayCommand(args, { ...parts, say })
  if (args.json) terminal.write(`${JSON.stringify(outcome)}\n`)
  return code
}

/** Verifies and replays; failures are part of the outcome. @returns the exit code with it */
export async function replayCommand(args: ReplayArgs, parts: ReplayCommandParts): Promise<{ code: number; outcome: ReplayOutcome }> {
  const outcome: ReplayOutcome = { receipt: args.receipt, fingerprint: null, publicKey: null, report: null, error: null }
  try {
    const verified = await readReceipt(await readBounded(args.receipt))
    outcome.fingerprint = verified.fingerprint
    outcome.publicKey = verified.receipt.publicKey
    for (const line of factsOf(verified)) parts.say(line)
    outcome.report = await run(verified, args, parts)
    for (const line of verdictOf(outcome.report)) parts.say(line)
    const { verdict } = outcome.report
    const code = verdict === 'refuted' ? REPLAY_EXIT.refuted : verdict === 'cannot replay' ? REPLAY_EXIT.cannot : REPLAY_EXIT.confirmed
    return { code, outcome }
  } catch (thrown) {
    const { code, message, hint, data } = LabError.from(thrown)
    outcome.error = { code, message, hint, field: typeof data.field === 'string' ? data.field : null }
    parts.say([message, hint].filter(Boolean).join(' '))
    // a file that is no honest receipt is refuted by that alone
    return { code: code === 'import.invalid' && outcome.fingerprint === null ? REPLAY_EXIT.refuted : REPLAY_EXIT.cannot, outcome }
  }
}

async function readBounded(path: string): Promise<string> {
  let size: number
  try {
    size = (await fs.stat(path)).size
    if (size <= 4 * MOST_CHARS) return await fs.readFile(path, 'utf8')
  } catch (cause) {
    throw new LabError('data.fetch', `${path} cannot be read: ${(cause as Error).message}.`, { hint: 'Check the path.', cause })
  }
  throw new LabError('import.invalid', `${path} is too large for a receipt: ${size} bytes.`, { hint: 'Name a receipt.' })
}

async function run(verified: VerifiedReceipt, args: ReplayArgs, { trainer, box, say, stop }: ReplayCommandParts): Promise<ReplayReport> {
  const cache = await cacheFor(args)
  const made = verified.receipt.runs.find(({ evidence }) => evidence)?.evidence?.adapter.backend
  await openFirst(trainer, args.backend === 'auto' ? [made, 'auto'] : [args.backend])
  const { length } = verified.receipt.runs
  return replayReceipt(verified, {
    trainer,
    box,
    async data(source, tokenizer): Promise<TokenData> {
      if (source.kind === 'url') say(`Fetching ${source.url}`)
      return (await prepareData(await loadCorpus(source, { cache }), tokenizer)).data
    },
  }, {
    otherApp: args.otherApp,
    signal: stop,
    onEvent(event, i) {
      const head = `Run ${i + 1} of ${length}`
      if (event.kind === 'phase') say(`${head}: ${event.phase}`, true)
      else if (event.kind === 'progress') say(`${head}: ${Math.round(100 * event.progress)} %`, true)
    },
  }) // prettier-ignore
}

/** What the receipt was made with promises the same bits; anything else is better than nothing. */
async function openFirst(trainer: Trainer, choices: (Parameters<Trainer['open']>[0])[]): Promise<void> {
  const [choice, ...rest] = choices.filter((each) => each !== undefined)
  try {
    await trainer.open(choice)
  } catch (thrown) {
    if (rest.length === 0) throw thrown
    await openFirst(trainer, rest)
  }
}

/** The texts that were named; without any, those of the lab in whose folder the receipt lies. */
async function cacheFor({ receipt, data, val }: ReplayArgs): Promise<ByteCache> {
  if (data === null) return nodeByteCache(join(dirname(dirname(resolve(receipt))), '.assay', 'data'))
  const cache = memoryByteCache()
  for (const file of [data, ...(val === null ? [] : [val])]) {
    const bytes = await fs.readFile(file).catch((cause: Error) => {
      throw new LabError('data.fetch', `${file} cannot be read: ${cause.message}.`, { hint: 'Check the path.', cause })
    })
    await importText(basename(file), new Uint8Array(bytes), cache) // recognised by its hash
  }
  return cache
}

function factsOf({ receipt, fingerprint }: VerifiedReceipt): string[] {
  const { experiment, runs, publicKey } = receipt
  const scores = runs.map(({ seed, score, failure }) => `${score ? score.valBpb.decimal.toFixed(6) : failure?.code} (seed ${seed})`)
  return [
    `Receipt ${fingerprint.slice(0, 16)}, signed by ${publicKey.slice(0, 16)}: the signature is valid.`,
    `Experiment ${experiment.number}, ${experiment.status}: ${scores.join(', ') || 'no runs'}`,
  ]
}

function verdictOf({ verdict, reason, runs }: ReplayReport): string[] {
  const each = runs.length > 1 ? runs.map((run) => `  seed ${run.seed}: ${run.verdict}. ${run.detail}`) : []
  return [...each, `${verdict.toUpperCase()}: ${reason}`]
}
