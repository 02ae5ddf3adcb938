// Opens the wallet that a person chose. Each kind is loaded when somebody wants it: the practice wallet has 12 MB.

import { z } from 'zod'
import { LabError } from '../core/errors'
import type { BountyStore } from '../bounty/office/store'
import { sealedUri, sealUri, unsealUri, type SealedUri } from '../wallet/nwc/sealedUri'
import type { Wallet } from '../wallet/types'
import type { Persona, WalletChoice, WalletView, WeblnBridge } from './bountyProtocol'

/** What is remembered of a choice: enough to connect again after a reload. */
const kept = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nwc'), sealed: sealedUri }),
  z.strictObject({ kind: z.literal('practice'), code: z.string().max(200), way: z.enum(['host', 'tab', 'relay']) }),
])

type KeptWallet = z.infer<typeof kept>

export interface OpenWallet {
  wallet: Wallet
  practice: (() => NonNullable<WalletView['practice']>) | null
  mine: ((blocks: number) => Promise<number>) | null
  /** The person's relays are others now. */
  useRelays?(urls: readonly string[]): void
}

export interface WalletOwner {
  persona: Persona
  store: BountyStore
  relays(): readonly string[]
  /** Tells this person what failed with nobody waiting for it. */
  fail(error: LabError): void
}

/** @throws LabError pay.* | import.invalid | lab.state */
export async function openWallet(owner: WalletOwner, choice: WalletChoice, webln: WeblnBridge | null): Promise<OpenWallet> {
  const { store } = owner
  if (choice.kind === 'nwc') {
    if ('unlock' in choice) return openNwc(await unsealUri(await keptUri(store), choice.unlock))
    const { uri, passphrase } = choice
    const sealed = passphrase === null ? null : await sealUri(uri, passphrase)
    const opened = await openNwc(uri)
    await store.saveSetting('wallet', sealed && ({ kind: 'nwc', sealed } satisfies KeptWallet))
    return opened
  }
  if (choice.kind === 'webln') {
    if (!webln) throw new LabError('pay.noWallet', 'Nothing leads to a wallet extension from here.', { hint: 'Connect it in the page.' })
    const { openWeblnWallet } = await import('../wallet/webln/wallet')
    const wallet = openWeblnWallet(webln)
    await wallet.info() // the extension asks the person; one that was refused is not connected, and asks no more
    await store.saveSetting('wallet', null) // another time it is connected anew
    return { wallet, practice: null, mine: null }
  }
  const { openPractice, newNetwork } = await import('./practiceNetwork')
  const { network } = choice
  const way = network.role === 'host' ? 'host' : network.through
  const code = network.role === 'host' ? await newNetwork(owner) : network.code.trim()
  const opened = await openPractice(owner, code, way)
  await store.saveSetting('wallet', { kind: 'practice', code, way } satisfies KeptWallet)
  return opened
}

/** The wallet of the last time, where it was to be remembered. @throws LabError key.locked | pay.* | lab.state */
export async function reopenWallet(owner: WalletOwner): Promise<OpenWallet | null> {
  const { data } = kept.safeParse(await owner.store.setting('wallet'))
  if (!data) return null
  if (data.kind === 'nwc') throw new LabError('key.locked', 'The wallet that is kept here is locked.', { hint: 'Enter its passphrase, or connect another wallet.' })
  const { openPractice } = await import('./practiceNetwork')
  return openPractice(owner, data.code, data.way)
}

async function keptUri(store: BountyStore): Promise<SealedUri> {
  const { data } = kept.safeParse(await store.setting('wallet'))
  if (data?.kind === 'nwc') return data.sealed
  throw new LabError('pay.noWallet', 'No wallet is kept in this browser.', { hint: 'Paste its connection.' })
}

async function openNwc(uri: string): Promise<OpenWallet> {
  const { openNwcWallet } = await import('../wallet/nwc/wallet')
  return { wallet: openNwcWallet(uri), practice: null, mine: null }
}
