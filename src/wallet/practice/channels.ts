// Ways for messages between the members of a practice network on one machine. Across machines the caller brings one.

import { z } from 'zod'
import type { PracticeChannel } from './frames'

/** All roles in one tab or process. @returns opens a channel at an address */
export function memoryNetwork(): (address: string) => PracticeChannel {
  const ends = new Map<string, Set<(from: string, bytes: Uint8Array) => void>>()
  return (address) => {
    const own = new Set<(from: string, bytes: Uint8Array) => void>()
    ends.set(address, own)
    return {
      // later: whoever sends is in the middle of something
      send: (to, bytes) => {
        if (ends.get(address) === own) queueMicrotask(() => ends.get(to)?.forEach((listener) => listener(address, bytes)))
      },
      onMessage(listener) {
        own.add(listener)
        return () => own.delete(listener)
      },
      close: () => {
        own.clear()
        if (ends.get(address) === own) ends.delete(address)
      },
    }
  }
}

const letter = z.strictObject({ to: z.string(), from: z.string(), bytes: z.instanceof(Uint8Array) })

/** Several tabs of one browser. @param network its name @param address of this member, unlike any other's */
export function openTabChannel(network: string, address: string): PracticeChannel {
  const channel = new BroadcastChannel(`assay-practice/${network}`)
  const listeners = new Set<(from: string, bytes: Uint8Array) => void>()
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const { data: read } = letter.safeParse(data)
    if (read?.to === address) for (const listener of listeners) listener(read.from, read.bytes)
  })
  return {
    send: (to, bytes) => channel.postMessage({ to, from: address, bytes }),
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => channel.close(),
  }
}
