// The command line of `npm run lab -- gateway`.

import { invalid, readOptions, whole } from './args'
import { parseWallet, type CliWallet } from './cliWallet'

export interface GatewayArgs {
  file: string
  priceSat: number
  /** null where it is free */
  wallet: CliWallet | null
  host: string
  port: number
  out: string
  days: number
  help: boolean
}

export const GATEWAY_HELP = `Usage: npm run lab -- gateway --file FILE --price SATS --wallet WALLET [options]

Hands out the materials of a bounty to whoever has paid for them (L402). Its address goes into the bounty.

  --file FILE          JSON: {"version": 1, "trainJs": TEXT or null, "notes": TEXT, "files": [{"name": NAME, "text": TEXT}]}
  --price SATS         for access; 0 is free, and needs no wallet
  --wallet WALLET      who is paid: nwc (with the URI in ASSAY_WALLET_URI, which no list of processes shows), nwc:URI, or
                       practice:CODE, play money of the practice network of that code
  --relay URL          practice only, may be repeated: relays that its host uses, too
  --days N             how long what was bought is honoured (default: 30)
  --port N             (default: 8402)
  --host NAME          (default: 127.0.0.1; a proxy in front of it speaks https)
  --out DIR            for the gateway's key and the practice wallet (default: gateway-out)
  --help               this text`

const OPTIONS = {
  file: { type: 'string' },
  price: { type: 'string' },
  wallet: { type: 'string' },
  relay: { type: 'string', multiple: true },
  days: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * @param argv what follows "gateway"
 * @throws LabError "import.invalid" naming the option and what it takes
 */
export function parseGatewayArgs(argv: readonly string[], environment: Record<string, string | undefined>): GatewayArgs {
  const { values: given } = readOptions(argv, OPTIONS)
  const help = given.help ?? false
  const { host = '127.0.0.1', out = 'gateway-out' } = given
  if (!help && given.file === undefined) throw invalid('--file is missing.', 'Name the file with the materials.')
  if (!help && given.price === undefined) throw invalid('--price is missing.', 'Say how many sats access costs; 0 is free.')
  const priceSat = whole('--price', given.price ?? '0', 0)
  const wallet = help || priceSat === 0 ? null : parseWallet(given.wallet ?? '', given.relay ?? [], environment)
  return { file: given.file ?? '', priceSat, wallet, host, port: whole('--port', given.port ?? '8402', 0), out, days: whole('--days', given.days ?? '30', 1), help }
}
