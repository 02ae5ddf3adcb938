// A preimage is the proof of a payment; a wallet's word alone is none.

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Whether sha256(preimage) is the payment hash. */
export function proves(preimage: string | null | undefined, paymentHash: string): preimage is string {
  return typeof preimage === 'string' && /^[0-9a-f]{64}$/.test(preimage) && bytesToHex(sha256(hexToBytes(preimage))) === paymentHash
}
