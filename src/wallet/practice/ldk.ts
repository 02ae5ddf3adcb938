// LDK, the Lightning node library, in WebAssembly: 12 MB, loaded when somebody opens a practice wallet and never before.

import { LabError } from '../../core/errors'

export type Ldk = typeof import('./ldkParts')

let loading: Promise<Ldk> | null = null

/**
 * The library, once a realm.
 * @param wasm its WebAssembly (ldkFile.ts in Node; in the browser the worker fetches the asset)
 * @throws LabError "pay.noWallet"
 */
export function loadLdk(wasm: () => Promise<Uint8Array>): Promise<Ldk> {
  loading ??= start(wasm).catch((cause: unknown) => {
    loading = null
    throw new LabError('pay.noWallet', 'The practice wallet could not be loaded.', { hint: 'Check the connection to this site and try again.', cause })
  })
  return loading
}

async function start(wasm: () => Promise<Uint8Array>): Promise<Ldk> {
  const [ldk, binary] = await Promise.all([import('./ldkParts'), wasm()])
  await ldk.initializeWasmFromBinary(binary)
  return ldk
}
