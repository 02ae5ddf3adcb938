// The command line of `npm run lab -- verify-bounty`, read as strictly as the lab's own.

import { relayUrl } from '../core/relayUrl'
import type { BackendChoice } from '../judge/types'
import { invalid, oneOf, readOptions, whole } from './args'
import { parseWallet, type CliWallet } from './cliWallet'

export interface VerifyBountyArgs {
  relays: string[]
  imports: string[]
  /** files with public texts of tasks */
  texts: string[]
  /** fees are billed to it; null: they are not billed */
  wallet: CliWallet | null
  /** that it may pay for materials, all payments together */
  mostSats: number
  out: string
  backend: BackendChoice
  /** whose bounties are judged; empty: of everybody who names this key */
  sponsors: string[]
  /** of one bounty's budget, all of its seeds together */
  mostTokens: number
  once: boolean
  help: boolean
}

export const VERIFY_BOUNTY_HELP = `Usage: npm run lab -- verify-bounty [options]

Judges submissions to bounties that name this verifier, unattended: it attests baselines, trains every patch on fresh seeds,
scores it on the held-out text, signs verdicts, and releases what was earned. Run again on the same folder, it goes on.

  --relay URL          where bounties are; may be repeated
  --import FILE        messages that a sponsor or hunter exported; may be repeated. Answers go to DIR/*.mail.json
  --text FILE          the public text of a task, where its sponsor hands out no materials; may be repeated
  --wallet WALLET      bills this verifier's fees: nwc (with the URI in ASSAY_WALLET_URI, which no list of processes shows),
                       nwc:URI, or practice:CODE, play money of the practice network of that code, through --relay.
                       Without one nothing is billed until it is run with one
  --most-sats N        pay at most so much for materials with what a task is trained on, in all (default: 0: free ones only)
  --out DIR            key, messages and data of this verifier (default: verifier-out)
  --backend NAME       webgpu, wasm (the processor), or auto: wasm where there is no GPU (default: auto)
  --sponsor KEY        judge this sponsor's bounties only; may be repeated (default: whoever names this verifier)
  --most-tokens N      leave alone what trains more for one measurement (default: 100000000)
  --once               end when nothing is left to do now
  --help               this text

It prints its public key, which sponsors name. Its secrets are in DIR: who has the folder can release money. Ctrl-C ends it.`

const OPTIONS = {
  relay: { type: 'string', multiple: true },
  import: { type: 'string', multiple: true },
  text: { type: 'string', multiple: true },
  wallet: { type: 'string' },
  'most-sats': { type: 'string' },
  out: { type: 'string' },
  backend: { type: 'string' },
  sponsor: { type: 'string', multiple: true },
  'most-tokens': { type: 'string' },
  once: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** @throws LabError "import.invalid" or "relay.invalid" naming the option and what it takes */
export function parseVerifyBountyArgs(argv: readonly string[], environment: Record<string, string | undefined> = {}): VerifyBountyArgs {
  const { values: given } = readOptions(argv, OPTIONS)
  const { relay = [], import: imports = [], sponsor: sponsors = [], text: texts = [], help = false, once = false } = given
  if (!help && relay.length + imports.length === 0) throw invalid('Neither --relay nor --import is given.', 'Name a relay, or a file of messages.')
  const wrong = sponsors.find((key) => !/^[0-9a-f]{64}$/.test(key))
  if (wrong !== undefined) throw invalid(`--sponsor cannot be "${wrong.slice(0, 80)}".`, 'It takes a public key: 64 hex digits.')
  const mostSats = whole('--most-sats', given['most-sats'] ?? '0', 0)
  if (!help && mostSats > 0 && given.wallet === undefined) throw invalid('--most-sats needs --wallet.', 'Name the wallet that pays.')
  return {
    relays: relay.map(relayUrl),
    imports: [...imports],
    texts: [...texts],
    wallet: help || given.wallet === undefined ? null : parseWallet(given.wallet, relay, environment),
    mostSats,
    out: given.out ?? 'verifier-out',
    backend: given.backend === undefined ? 'auto' : oneOf('--backend', given.backend, ['auto', 'webgpu', 'wasm'] as const),
    sponsors: [...sponsors],
    mostTokens: whole('--most-tokens', given['most-tokens'] ?? '100000000', 1),
    once,
    help,
  }
}
