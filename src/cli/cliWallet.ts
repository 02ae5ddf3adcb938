// The wallet of a command that runs unattended: --wallet nwc, nwc:URI or practice:CODE.

import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { openRelayChannel } from '../bounty/relays/practiceChannel'
import { LabError } from '../core/errors'
import { relayUrl } from '../core/relayUrl'
import type { Wallet, WalletInfo } from '../wallet/types'
import { invalid } from './args'

/** A URI is a secret, and is repeated nowhere. */
export type CliWallet = { kind: 'nwc'; uri: string } | { kind: 'practice'; code: string; relays: string[] }

const ONLINE_MS = 30_000

/**
 * What --wallet says.
 * @param relays of the practice network's host
 * @throws LabError "import.invalid", which repeats nothing of it: it may be a secret
 */
export function parseWallet(text: string, relays: readonly string[], { ASSAY_WALLET_URI: kept }: Record<string, string | undefined>): CliWallet {
  if (text === 'nwc' && kept) return { kind: 'nwc', uri: kept }
  if (text.startsWith('nwc:')) return { kind: 'nwc', uri: text.slice(4) }
  if (text.startsWith('practice:')) {
    if (relays.length === 0) throw invalid('--relay is missing.', 'Name a relay that the host of the practice network uses.')
    return { kind: 'practice', code: text.slice(9), relays: relays.map(relayUrl) }
  }
  throw invalid('--wallet is missing or unknown.', 'Write nwc and set ASSAY_WALLET_URI, or nwc:URI, or practice:CODE.')
}

/**
 * Opens it, or goes on as the same member of a practice network; it may be offline. Loaded here: the practice wallet has 12 MB.
 * @param folder where a practice wallet lives @param name what its network calls it
 * @throws LabError import.invalid | pay.noWallet | store.*
 */
export async function openWallet(choice: CliWallet, folder: string, name: string): Promise<Wallet> {
  await needWebSocket()
  if (choice.kind === 'nwc') {
    const { openNwcWallet } = await import('../wallet/nwc/wallet')
    return openNwcWallet(choice.uri)
  }
  const hostKey = /^[0-9a-f]{16}-([0-9a-f]{64})$/.exec(choice.code)?.[1]
  if (hostKey === undefined) throw new LabError('import.invalid', 'This is not the code of a practice network.', { hint: 'Copy it whole, as its host shows it.' })
  const { createPracticeWallet } = await import('../wallet/practice/wallet')
  const { readLdkWasm } = await import('../wallet/practice/ldkFile')
  const { openPracticeFile } = await import('../wallet/practice/storeFile')
  const channel = openRelayChannel(await keptBytes(join(folder, 'practice.key')), choice.relays)
  try {
    return await createPracticeWallet({ name, store: await openPracticeFile(join(folder, 'practice')), channel, host: hostKey, wasm: readLdkWasm })
  } catch (thrown) {
    channel.close()
    throw thrown
  }
}

/** What it says of itself, once it answers; null where `stop` came first. @throws LabError pay.* where it does not answer in half a minute */
export async function untilOnline(wallet: Wallet & { untilOnline?(timeoutMs: number): Promise<void> }, stop: AbortSignal): Promise<WalletInfo | null> {
  const answer = Promise.resolve(wallet.untilOnline?.(ONLINE_MS)).then(() => wallet.info())
  return Promise.race([answer, stopped(stop).then(() => null)])
}

/** Resolves when `stop` says so. */
export function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve()
    stop.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Node 20 has none. */
export async function needWebSocket(): Promise<void> {
  if (!globalThis.WebSocket) Object.assign(globalThis, { WebSocket: (await import('ws')).WebSocket })
}

/** 32 bytes, drawn once. */
export async function keptBytes(path: string): Promise<Uint8Array> {
  const known = await fs.readFile(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown
    return null
  })
  if (known?.length === 32) return known
  const fresh = randomBytes(32)
  await fs.writeFile(path, fresh, { mode: 0o600, flush: true })
  return fresh
}
