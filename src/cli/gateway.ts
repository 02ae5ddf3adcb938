// npm run lab -- gateway: serves materials until it is stopped.

import { promises as fs } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { MOST_MATERIALS_BYTES, parseMaterials } from '../bounty/materials/form'
import { LabError } from '../core/errors'
import type { Wallet } from '../wallet/types'
import { keptBytes, openWallet, stopped, untilOnline } from './cliWallet'
import type { GatewayArgs } from './gatewayArgs'
import { createGateway } from './gatewayServer'
import { EXIT } from './headless'
import { lockFolder } from './outFolder'

const DAY_SECONDS = 86_400

/** @returns the exit code, once `stop` says so. @throws LabError for a file or a wallet that will not do */
export async function runGateway(args: GatewayArgs, out: { write(text: string): unknown }, stop: AbortSignal): Promise<number> {
  const text = await readMaterials(args.file)
  await fs.mkdir(args.out, { recursive: true, mode: 0o700 })
  const release = await lockFolder(join(args.out, 'lock'), args.out) // a practice wallet has one owner
  let server: Server | null = null
  let wallet: Wallet | null = null
  try {
    wallet = args.wallet && (await openWallet(args.wallet, args.out, 'gateway'))
    const path = `/${encodeURIComponent(basename(args.file))}`
    server = createGateway({
      path,
      body: text,
      priceSat: args.priceSat,
      wallet,
      secret: await keptBytes(join(args.out, 'gateway.key')),
      validSeconds: args.days * DAY_SECONDS,
      now: () => Math.floor(Date.now() / 1000),
      onProblem: ({ message, hint }) => out.write(`${message} ${hint}\n`),
    })
    const about = wallet && (await untilOnline(wallet, stop))
    if (stop.aborted) return EXIT.done
    await new Promise<void>((resolve, reject) => server!.once('error', reject).listen(args.port, args.host, resolve))
    const { port } = server.address() as AddressInfo
    const money = about === null ? 'free' : `${args.priceSat} sat to "${about.alias}"${about.isPlayMoney ? ', play money' : ''}`
    out.write(`Materials at http://${args.host}:${port}${path}, ${money}. Ctrl-C ends it.\n`)
    await stopped(stop)
    return EXIT.done
  } finally {
    server?.closeAllConnections()
    server?.close()
    await wallet?.close()
    await release()
  }
}

async function readMaterials(file: string): Promise<string> {
  const { size } = await fs.stat(file).catch((cause: unknown) => {
    throw new LabError('import.invalid', `There is no file ${file}.`, { hint: 'Name the file with the materials.', cause })
  })
  if (size > MOST_MATERIALS_BYTES) throw new LabError('import.invalid', `${file} is larger than ${MOST_MATERIALS_BYTES} bytes.`, { hint: 'Give large data an address of its own.' })
  return JSON.stringify(parseMaterials(await fs.readFile(file, 'utf8')))
}
