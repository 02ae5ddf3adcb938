// npm run lab: the lab without a page, and replay without one. Started by launch.mjs, which builds it and finds a Vulkan driver.

import { fileURLToPath } from 'node:url'
import { LabError } from '../core/errors'
import { predictBytes } from '../engine/predict'
import { openFileIdentity } from '../history/identityFile'
import type { Trainer } from '../judge/types'
import { EVERY_CONTROLLER } from '../research/controllers/registry'
import { MODEL_RESEARCHERS } from '../research/controllers/researcher'
import type { Box } from '../sandbox/contract'
import { createThreadBox } from '../sandbox/nodeBox'
import { HELP, parseLabArgs, readOptions } from './args'
import type { LabArgs } from './args'
import { createChildTrainer } from './childTrainer'
import { runDuelCommand } from './duel'
import { DUEL_HELP, parseDuelArgs, type DuelArgs } from './duelArgs'
import { falseKeeps, FALSE_KEEP_DEFAULTS, FALSE_KEEPS_HELP } from './falseKeeps'
import { EXIT, runHeadless } from './headless'
import { runGateway } from './gateway'
import { GATEWAY_HELP, parseGatewayArgs, type GatewayArgs } from './gatewayArgs'
import { overhead, OVERHEAD_DEFAULTS, OVERHEAD_HELP } from './overhead'
import { runReplay } from './replay'
import { parseReplayArgs, REPLAY_HELP, type ReplayArgs } from './replayArgs'
import { jsonReport, textReport } from './report'
import { scriptedModel, SCRIPTED_HELP } from './scriptedModel'
import { textData, textSource } from './textData'
import { runTransferCommand } from './transfer'
import { parseTransferArgs, TRANSFER_HELP, type TransferArgs } from './transferArgs'
import { runVerifyBounty } from './verifyBounty'
import { parseVerifyBountyArgs, VERIFY_BOUNTY_HELP, type VerifyBountyArgs } from './verifyBountyArgs'

/** A terminal and npm may both pass on one Ctrl-C; only one that comes later is a second one. */
const SECOND_CTRL_C_MS = 1000
/** For what is printed to leave, too. */
const LEAVE_MS = 300

function stopOnSignals(): AbortSignal {
  const stopping = new AbortController()
  let asked = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) {
        asked = Date.now()
        stopping.abort()
      } else if (Date.now() - asked > SECOND_CTRL_C_MS) process.exit(EXIT.interrupted)
    })
  }
  return stopping.signal
}

/** What was asked for, or null when it cannot be read; then it has been said why. */
function readArgs<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch (thrown) {
    const { message, hint } = LabError.from(thrown)
    process.stderr.write(`${message} ${hint}\n`)
    return null
  }
}

/** What trains and what runs programs: both in processes of their own, side by side with this file in the build. */
async function withParts(work: (parts: { trainer: Trainer; box: Box }) => Promise<number>): Promise<number> {
  // what is measured of the adapter is kept beside the builds, for every lab
  const trainer = createChildTrainer(new URL('./trainerChild.js', import.meta.url), beside('tuning.json'))
  const box = createThreadBox(new URL('./boxThread.js', import.meta.url))
  try {
    return await work({ trainer, box })
  } finally {
    box.close()
    trainer.terminate()
  }
}

const beside = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

async function lab(args: LabArgs, run: typeof runHeadless): Promise<number> {
  const report = args.json ? jsonReport(process.stdout) : textReport(process.stdout)
  const stop = stopOnSignals()
  const identity = () => openFileIdentity(beside('identity.pem'))
  return withParts(async (parts) => {
    try {
      return await run(args, { ...parts, predictBytes, identity, source: textSource, prepare: textData }, report, stop)
    } catch (thrown) {
      report.error(LabError.from(thrown))
      return EXIT.failed
    }
  })
}

const replay = (args: ReplayArgs): Promise<number> =>
  withParts((parts) => runReplay(args, { ...parts, stop: stopOnSignals() }, process.stdout))

const transfer = (args: TransferArgs): Promise<number> =>
  withParts((parts) => runTransferCommand(args, { ...parts, source: textSource, prepare: textData }, process.stdout, stopOnSignals()))

const duel = (args: DuelArgs): Promise<number> =>
  withParts((parts) => runDuelCommand(args, { ...parts, predictBytes, source: textSource, prepare: textData }, process.stdout, stopOnSignals()))

async function gateway(args: GatewayArgs): Promise<number> {
  try {
    return await runGateway(args, process.stdout, stopOnSignals())
  } catch (thrown) {
    const { message, hint } = LabError.from(thrown)
    process.stderr.write(`${message} ${hint}\n`)
    return EXIT.failed
  }
}

const verifyBounty = (args: VerifyBountyArgs): Promise<number> =>
  withParts((parts) => runVerifyBounty(args, parts, process.stdout, stopOnSignals()))

/** Everything is kept: what a relay or a server has yet to answer is not waited for. */
function leave(code: number): void {
  process.exitCode = code
  setTimeout(() => process.exit(), LEAVE_MS).unref()
}

const RESEARCHERS = [...EVERY_CONTROLLER, ...MODEL_RESEARCHERS]

const [first, ...rest] = process.argv.slice(2)
if (first === 'replay') {
  const args = readArgs(() => parseReplayArgs(rest))
  if (args?.help) process.stdout.write(`${REPLAY_HELP}\n`)
  else process.exitCode = args === null ? EXIT.usage : await replay(args)
} else if (first === 'transfer') {
  const args = readArgs(() => parseTransferArgs(rest))
  if (args?.help) process.stdout.write(`${TRANSFER_HELP}\n`)
  else process.exitCode = args === null ? EXIT.usage : await transfer(args)
} else if (first === 'duel') {
  const args = readArgs(() => parseDuelArgs(rest, RESEARCHERS))
  if (args?.lab.help) process.stdout.write(`${DUEL_HELP.replace('CONTROLLERS', RESEARCHERS.join(', '))}\n`)
  else process.exitCode = args === null ? EXIT.usage : await duel(args)
} else if (first === 'scripted-model') {
  const given = readArgs(() => readOptions(rest, { port: { type: 'string', default: '4747' }, help: { type: 'boolean' } }).values)
  if (given?.help) process.stdout.write(`${SCRIPTED_HELP}\n`)
  else if (given === null) process.exitCode = EXIT.usage
  else await scriptedModel(Number(given.port), process.stdout, stopOnSignals())
} else if (first === 'gateway') {
  const args = readArgs(() => parseGatewayArgs(rest, process.env))
  if (args?.help) process.stdout.write(`${GATEWAY_HELP}\n`)
  else leave(args === null ? EXIT.usage : await gateway(args))
} else if (first === 'verify-bounty') {
  const args = readArgs(() => parseVerifyBountyArgs(rest, process.env))
  if (args?.help) process.stdout.write(`${VERIFY_BOUNTY_HELP}\n`)
  else leave(args === null ? EXIT.usage : await verifyBounty(args))
} else if (first === 'overhead') {
  const args = readArgs(() => parseLabArgs([...OVERHEAD_DEFAULTS, ...rest], RESEARCHERS))
  if (args?.help) process.stdout.write(`${OVERHEAD_HELP}\n`)
  else process.exitCode = args === null ? EXIT.usage : await lab(args, (...given) => overhead(...given, process.stdout))
} else if (first === 'false-keeps') {
  const args = readArgs(() => parseLabArgs([...FALSE_KEEP_DEFAULTS, ...rest], RESEARCHERS))
  if (args?.help) process.stdout.write(`${FALSE_KEEPS_HELP}\n`)
  else process.exitCode = args === null ? EXIT.usage : await lab(args, (...given) => falseKeeps(...given, process.stdout))
} else {
  const args = readArgs(() => parseLabArgs(process.argv.slice(2), RESEARCHERS))
  if (args?.help) process.stdout.write(`${HELP.replace('CONTROLLERS', RESEARCHERS.join(', '))}\n`)
  else process.exitCode = args === null ? EXIT.usage : await lab(args, runHeadless)
}
