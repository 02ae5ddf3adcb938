// npm run lab -- gateway: serves materials until it is stopped.

import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { MOST_MATERIALS_BYTES, parseMaterials } from '../bounty/materials/form'
import { openRelayChannel } from '../bounty/relays/practiceChannel'
import { LabError } from '../core/errors'
import type { Wallet } from '../wallet/types'
import type { GatewayArgs } from './gatewayArgs'
import { createGateway } from './gatewayServer'

const DAY_SECONDS = 86_400
const ONLINE_MS = 30_000

/** @returns the exit code, once `stop` says so. @throws LabError for a file or a wallet that will not do */
export async function runGateway(args: GatewayArgs, out: { write(text: string): unknown }, stop: AbortSignal): Promise<number> {
  const text = await readMaterials(args.file)
  await fs.mkdir(args.out, { recursive: true, mode: 0o700 })
  const secret = await keptBytes(join(args.out, 'gateway.key'))
  const wallet = args.wallet === null ? null : await openWallet(args.wallet, args.out)
  const path = `/${encodeURIComponent(basename(args.file))}`
  const server = createGateway({
    path,
    body: text,
    priceSat: args.priceSat,
    wallet,
    secret,
    validSeconds: args.days * DAY_SECONDS,
    now: () => Math.floor(Date.now() / 1000),
    onProblem: ({ message, hint }) => out.write(`${message} ${hint}\n`),
  })
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(args.port, args.host, resolve))
    const about = wallet && (await wallet.info())
    const { port } = server.address() as AddressInfo
    const money = about === null ? 'free' : `${args.priceSat} sat to "${about.alias}"${about.isPlayMoney ? ', play money' : ''}`
    out.write(`Materials at http://${args.host}:${port}${path}, ${money}. Ctrl-C ends it.\n`)
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve()
      stop.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    server.closeAllConnections()
    server.close()
    await wallet?.close()
  }
  return 0
}

async function readMaterials(file: string): Promise<string> {
  const { size } = await fs.stat(file).catch((cause: unknown) => {
    throw new LabError('import.invalid', `There is no file ${file}.`, { hint: 'Name the file with the materials.', cause })
  })
  if (size > MOST_MATERIALS_BYTES) throw new LabError('import.invalid', `${file} is larger than ${MOST_MATERIALS_BYTES} bytes.`, { hint: 'Give large data an address of its own.' })
  return JSON.stringify(parseMaterials(await fs.readFile(file, 'utf8')))
}

/** 32 bytes, drawn once. */
async function keptBytes(path: string): Promise<Uint8Array> {
  const known = await fs.readFile(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown
    return null
  })
  if (known?.length === 32) return known
  const fresh = randomBytes(32)
  await fs.writeFile(path, fresh, { mode: 0o600, flush: true })
  return fresh
}

/** Loaded when it is wanted: the practice wallet has 12 MB. */
async function openWallet(choice: NonNullable<GatewayArgs['wallet']>, out: string): Promise<Wallet> {
  if (!globalThis.WebSocket) Object.assign(globalThis, { WebSocket: (await import('ws')).WebSocket }) // Node 20 has none
  if (choice.kind === 'nwc') {
    const { openNwcWallet } = await import('../wallet/nwc/wallet')
    return openNwcWallet(choice.uri)
  }
  const { createPracticeWallet } = await import('../wallet/practice/wallet')
  const { readLdkWasm } = await import('../wallet/practice/ldkFile')
  const { openPracticeFile } = await import('../wallet/practice/storeFile')
  const hostKey = /^[0-9a-f]{16}-([0-9a-f]{64})$/.exec(choice.code)?.[1]
  if (hostKey === undefined) throw new LabError('import.invalid', 'This is not the code of a practice network.', { hint: 'Copy it whole, as its host shows it.' })
  const channel = openRelayChannel(await keptBytes(join(out, 'practice.key')), choice.relays)
  const wallet = await createPracticeWallet({ name: 'gateway', store: await openPracticeFile(join(out, 'practice')), channel, host: hostKey, wasm: readLdkWasm })
  await wallet.untilOnline(ONLINE_MS)
  return wallet
}
