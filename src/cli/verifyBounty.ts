// npm run lab -- verify-bounty: an unattended verifier, with its record in a folder.

import { promises as fs } from 'node:fs'
import { join, resolve } from 'node:path'
import { LabError } from '../core/errors'
import { needWebSocket, stopped } from './cliWallet'
import { EXIT } from './headless'
import { lockFolder } from './outFolder'
import type { VerifyBountyArgs } from './verifyBountyArgs'
import { Clerk, type VerifierParts } from './verifyBountyClerk'

/** Runs until `stop`, or with --once until nothing is left to do. @returns the exit code */
export async function runVerifyBounty(args: VerifyBountyArgs, parts: VerifierParts, out: { write(text: string): unknown }, stop: AbortSignal): Promise<number> {
  const folder = resolve(args.out)
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const say = (text: string) => out.write(`${text}\n`)
  const clerk = new Clerk(args, folder, say, stop)
  let release: (() => Promise<void>) | null = null
  try {
    release = await lockFolder(join(folder, 'lock'), folder)
    await needWebSocket()
    await clerk.start(parts)
    for (const file of args.imports) await clerk.take(file)
    if (args.once) await clerk.finish()
    else await stopped(stop)
    return args.once && stop.aborted ? EXIT.interrupted : EXIT.done
  } catch (thrown) {
    const { message, hint } = LabError.from(thrown)
    say(`${message} ${hint}`)
    return EXIT.failed
  } finally {
    await clerk.close()
    await release?.()
  }
}
