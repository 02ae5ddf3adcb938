// The page's side of a wallet extension: window.webln, which only a page has. What comes back is plain JSON, for the worker
// to judge.

import type { WebLNProvider } from '@webbtc/webln-types'
import type { WeblnBridge } from './bountyProtocol'

/** An extension has what it has: nothing of it is taken for granted. */
type Provider = Partial<Record<keyof WebLNProvider, (...args: unknown[]) => unknown>>

/** Extensions put their object in while the page loads. */
const INJECTED_MS = 1000
const MOST_CHARS = 100_000

/** Reaches the extension of this page; for Comlink's proxy. */
export function pageWebln(): WeblnBridge {
  const provider = () => (globalThis as { webln?: Provider }).webln

  return {
    async isPresent() {
      if (!provider()) await injected()
      return typeof provider()?.enable === 'function'
    },
    async call(method, args) {
      const found = provider()
      const call = found?.[method]
      if (!found || typeof call !== 'function') throw new Error(`unsupported: ${method}`)
      const text = JSON.stringify((await call.apply(found, args)) ?? null)
      if (text.length > MOST_CHARS) throw new Error('The answer of the extension is too long.')
      return JSON.parse(text) as unknown
    },
  }
}

function injected(): Promise<void> {
  return new Promise((resolve) => {
    document.addEventListener('webln:ready', () => resolve(), { once: true })
    setTimeout(resolve, INJECTED_MS)
  })
}
