// A practice network across machines: its messages as encrypted events that relays pass on and do not keep.

import { decrypt, encrypt, getConversationKey } from 'nostr-tools/nip44'
import { finalizeEvent, getPublicKey, type Event } from 'nostr-tools/pure'
import type { PracticeChannel } from '../../wallet/practice/frames'
import { openRelays, type RelayPool } from './relays'

/** Ephemeral (NIP-01: 20000 to 29999): relays do not store it. */
const KIND = 21_909

export interface RelayChannel extends PracticeChannel {
  /** public key of this end */
  readonly address: string
  /** Passes messages through these relays from now on. */
  use(urls: readonly string[]): void
}

/** @param secretKey 32 bytes: the address is its public key, which no other can take */
export function openRelayChannel(secretKey: Uint8Array, urls: readonly string[]): RelayChannel {
  const address = getPublicKey(secretKey)
  const listeners = new Set<(from: string, bytes: Uint8Array) => void>()
  const onOpen = new Set<() => void>()
  let pool: RelayPool
  let used = ''

  function hear(event: Event): void {
    if (event.kind !== KIND || !event.tags.some(([name, value]) => name === 'p' && value === address)) return
    const bytes = opened(event)
    if (bytes) for (const listener of listeners) listener(event.pubkey, bytes)
  }

  function opened({ content, pubkey }: Event): Uint8Array | null {
    try {
      return Uint8Array.from(atob(decrypt(content, getConversationKey(secretKey, pubkey))), (letter) => letter.charCodeAt(0))
    } catch {
      return null // not for us, whatever its tag says
    }
  }

  function use(wanted: readonly string[]): void {
    if (wanted.join(' ') === used) return
    used = wanted.join(' ')
    pool?.close()
    pool = openRelays({ urls: wanted, me: address, filters: [{ kinds: [KIND], '#p': [address], limit: 0 }], onEvent: hear, onState: () => undefined, onOpen: () => onOpen.forEach((tell) => tell()) })
  }

  use(urls)
  return {
    address,
    use,
    send(to, bytes) {
      let text = ''
      for (const byte of bytes) text += String.fromCharCode(byte)
      const content = encrypt(btoa(text), getConversationKey(secretKey, to))
      const event = finalizeEvent({ kind: KIND, created_at: Math.floor(Date.now() / 1000), tags: [['p', to]], content }, secretKey)
      pool.publish([event]).catch(() => undefined) // a message may be lost: both ends notice, and send it again
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onOpen: (listener) => void onOpen.add(listener),
    close: () => pool.close(),
  }
}

/** Several ways to one end: an address begins with the way's name. */
export function joinChannels(ways: Record<string, PracticeChannel>): PracticeChannel {
  return {
    send(to, bytes) {
      const slash = to.indexOf('/')
      ways[to.slice(0, slash)]?.send(to.slice(slash + 1), bytes)
    },
    onMessage(listener) {
      const ends = Object.entries(ways).map(([name, way]) => way.onMessage((from, bytes) => listener(`${name}/${from}`, bytes)))
      return () => ends.forEach((end) => end())
    },
    close: () => Object.values(ways).forEach((way) => way.close()),
  }
}
