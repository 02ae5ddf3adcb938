// A member of a practice network, and its host where it is asked to be, in a worker as the page has them.

import { expose } from 'comlink'
import { LabError } from '../../src/core/errors'
import { openTabChannel } from '../../src/wallet/practice/channels'
import { createPracticeHost, type PracticeHost } from '../../src/wallet/practice/host'
import { fetchLdkWasm } from '../../src/wallet/practice/ldkAsset'
import { openPracticeDexie } from '../../src/wallet/practice/storeDexie'
import { createPracticeWallet, type PracticeWallet } from '../../src/wallet/practice/wallet'

const NETWORK = 'class'
let host: PracticeHost | null = null
let wallet: PracticeWallet

const member = {
  async host(): Promise<void> {
    const store = await openPracticeDexie(`${NETWORK}/host`)
    host = await createPracticeHost({ store, channel: openTabChannel(NETWORK, 'host'), wasm: fetchLdkWasm })
  },
  async join(name: string): Promise<void> {
    const store = await openPracticeDexie(`${NETWORK}/${name}`)
    wallet = await createPracticeWallet({ name, store, channel: openTabChannel(NETWORK, name), host: 'host', wasm: fetchLdkWasm })
    await wallet.untilOnline(30_000)
  },
  /** Code of why a second tab may not. */
  refused: (name: string): Promise<string> => openPracticeDexie(`${NETWORK}/${name}`).then(() => 'opened', (thrown: unknown) => LabError.from(thrown).code), // prettier-ignore
  balance: async (): Promise<number | null> => (await wallet.info()).balanceMsat,
  height: async (): Promise<number | null> => (await wallet.info()).height,
  members: (): string[] => (host ?? wallet).members().map(({ name }) => name),
  hold: (paymentHash: string, amountMsat: number, minFinalCltv: number) =>
    wallet.makeHoldInvoice({ paymentHash, amountMsat, memo: 'slice', expirySeconds: 86_400, minFinalCltv }).then(({ bolt11 }) => bolt11),
  pay: (bolt11: string): Promise<{ state: string }> => wallet.pay(bolt11, 0),
  incoming: (paymentHash: string): Promise<{ state: string }> => wallet.lookUpIncoming(paymentHash),
  outgoing: (paymentHash: string): Promise<{ state: string }> => wallet.lookUpOutgoing(paymentHash),
  settle: (preimage: string): Promise<void> => wallet.settle(preimage),
  mine: (blocks: number): Promise<number> => wallet.mine(blocks),
}
export type Member = typeof member
expose(member)
