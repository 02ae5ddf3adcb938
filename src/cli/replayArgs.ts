// The command line of `npm run lab -- replay`, read as strictly as the lab's own.

import { parseArgs } from 'node:util'
import { LabError } from '../core/errors'
import type { BackendChoice } from '../judge/types'

export interface ReplayArgs {
  receipt: string
  data: string | null
  val: string | null
  backend: BackendChoice
  otherApp: boolean
  json: boolean
  help: boolean
}

export const REPLAY_HELP = `Usage: npm run lab -- replay RECEIPT [options]

Verifies a receipt's signature, runs its program again, and says whether it tells the truth.

  RECEIPT              its file: DIR/receipts/N.json of a lab's folder, or one from anybody
  --data FILE          the text that it was trained on, where the receipt names a file
  --val FILE           the text that it was validated on, where that was another file
  --backend NAME       webgpu, wasm (the processor), or auto: what the receipt was made with (default: auto)
  --other-app          replay although another version of this app scored it: agreement counts, difference does not
  --json               print one JSON object
  --help               this text

Ends with 0 when the receipt is confirmed (bit-identical or within tolerance), 1 when it is refuted or forged,
2 when nothing can be said.`

const OPTIONS = {
  data: { type: 'string' },
  val: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  'other-app': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/**
 * @param argv what follows "replay"
 * @throws LabError "import.invalid" naming the option and what it takes
 */
export function parseReplayArgs(argv: readonly string[]): ReplayArgs {
  const { values, positionals } = read(argv)
  const { data = null, val = null, json, help } = values
  if (!help && positionals.length !== 1) throw invalid('Name one receipt.')
  if (val !== null && data === null) throw invalid('--val needs --data.')
  const backend = (['auto', 'webgpu', 'wasm'] as const).find((name) => name === values.backend)
  if (!backend) throw invalid(`--backend cannot be "${values.backend}".`, 'Choose one of: auto, webgpu, wasm.')
  return { receipt: positionals[0] ?? '', data, val, backend, otherApp: values['other-app'], json, help }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: true })
  } catch (cause) {
    throw invalid(`${cause instanceof Error ? cause.message.split('. ')[0] : String(cause)}.`)
  }
}

function invalid(message: string, hint = 'See npm run lab -- replay --help.'): LabError {
  return new LabError('import.invalid', message, { hint })
}
