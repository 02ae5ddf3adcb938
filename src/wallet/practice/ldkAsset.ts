// LDK's WebAssembly in a browser: a file of our own site's, under the page's policy.

import address from 'lightningdevkit/liblightningjs.wasm?url'
import { LabError } from '../../core/errors'

/** For loadLdk in a worker or a page: 12 MB, fetched when it is called. @throws LabError "pay.noWallet" */
export async function fetchLdkWasm(): Promise<Uint8Array> {
  const reply = await fetch(new URL(address, import.meta.url))
  if (!reply.ok) throw new LabError('pay.noWallet', `The practice wallet's file is missing (${reply.status}).`, { hint: 'Reload the page; it may have been updated.' })
  return new Uint8Array(await reply.arrayBuffer())
}
