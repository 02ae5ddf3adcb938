// The practice network in a browser: this tab's host, and ways to it. Members of one tab meet over a BroadcastChannel,
// others through the relays that both have. The code of a network is its name and the host's key on the relays.

import { bytesToHex } from '@noble/hashes/utils.js'
import { generateSecretKey } from 'nostr-tools/pure'
import { LabError } from '../core/errors'
import { joinChannels, openRelayChannel, type RelayChannel } from '../bounty/relays/practiceChannel'
import { openTabChannel } from '../wallet/practice/channels'
import type { PracticeChannel } from '../wallet/practice/frames'
import { createPracticeHost, type PracticeHost } from '../wallet/practice/host'
import { fetchLdkWasm } from '../wallet/practice/ldkAsset'
import type { PracticeStore } from '../wallet/practice/store'
import { openPracticeDexie } from '../wallet/practice/storeDexie'
import { createPracticeWallet } from '../wallet/practice/wallet'
import type { OpenWallet, WalletOwner } from './bountyWallets'

const CODE = /^([0-9a-f]{16})-([0-9a-f]{64})$/

interface Hosted {
  code: string
  host: PracticeHost
  relays: RelayChannel
}

/** The one that this tab hosts: everybody in it is on one network. */
let hosted: Promise<Hosted> | null = null

/** The code of the network of this browser; made at the first time, and hosted from then on. @throws LabError pay.* | store.* | lab.state */
export async function newNetwork(owner: WalletOwner): Promise<string> {
  return (await hostIt(owner)).code
}

/** @param owner who makes it hears what goes wrong with it: one voice for everybody on it */
function hostIt(owner: WalletOwner): Promise<Hosted> {
  hosted ??= startHost(owner).catch((thrown: unknown) => {
    hosted = null
    throw thrown
  })
  return hosted
}

async function startHost(owner: WalletOwner): Promise<Hosted> {
  const store = await openPracticeDexie('host')
  try {
    const secretKey = await keyOf(store)
    const relays = openRelayChannel(secretKey, owner.relays())
    const name = relays.address.slice(0, 16)
    const channel = joinChannels({ tab: openTabChannel(name, 'host'), relay: relays })
    const host = await createPracticeHost({ store, channel, wasm: fetchLdkWasm, onFailure: (failure) => owner.fail(networkFailed(failure)) })
    return { code: `${name}-${relays.address}`, host, relays }
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/**
 * Joins a network as a person of this tab.
 * @throws LabError "import.invalid" for a code that is none; pay.* | store.* | lab.state
 */
export async function openPractice(owner: WalletOwner, code: string, way: 'host' | 'tab' | 'relay'): Promise<OpenWallet> {
  const [, name, hostKey] = CODE.exec(code) ?? []
  if (name === undefined) throw new LabError('import.invalid', 'This is not the code of a practice network.', { hint: 'Copy it whole, as its host shows it.' })
  const own = way === 'host' ? await hostIt(owner) : null
  own?.relays.use(owner.relays())
  const store = await openPracticeDexie(`${name}/${owner.persona}`)
  try {
    const secretKey = await keyOf(store)
    const relays = way === 'relay' ? openRelayChannel(secretKey, owner.relays()) : null
    // two browsers' members never have one address: it is drawn, and kept with the node
    const channel: PracticeChannel = relays ?? openTabChannel(name, bytesToHex(secretKey).slice(0, 32))
    const wallet = await createPracticeWallet({ name: owner.persona, store, channel, host: relays ? hostKey : 'host', wasm: fetchLdkWasm })
    let height = 0
    const end = wallet.subscribe((event) => {
      if (event.kind === 'height') height = event.height
    })
    return {
      wallet: { ...wallet, close: () => (end(), wallet.close()) },
      practice: () => ({ code, members: wallet.members().map((member) => member.name), height: own?.host.height() ?? height, isHost: own !== null }),
      mine: (blocks) => wallet.mine(blocks),
      useRelays: (urls) => (own?.relays ?? relays)?.use(urls),
    } // prettier-ignore
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/** The hub stands still: what is locked is as it was, and goes on from what was kept. */
function networkFailed({ code, message, hint, data }: LabError): LabError {
  return new LabError(code, `The practice network has stopped. ${message}`, { hint: hint || 'Reload the page: it goes on from what it last kept.', data })
}

/** Who this end is on the ways: drawn once, kept beside the node's own bytes. */
async function keyOf(store: PracticeStore): Promise<Uint8Array> {
  const known = (await store.load()).get('channelKey')
  if (known) return known
  const key = generateSecretKey()
  await store.put(new Map([['channelKey', key]]))
  return key
}
