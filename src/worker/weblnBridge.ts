// The page's side of a wallet extension: window.webln, which only a page has. What comes back is plain JSON, for the worker
// to judge.

import type { WebLNProvider } from '@webbtc/webln-types'
import type { WeblnBridge } from './bountyProtocol'

/** An extension has what it has: nothing of it is taken for granted. */
type Provider = Partial<Record<keyof WebLNProvider, unknown>>

/** Extensions put their object in while the page loads. */
const INJECTED_MS = 1000
const MOST_CHARS = 100_000

/** Reaches the extension of this page; for Comlink's proxy. Rejects with whatever the extension throws. */
export function pageWebln(): WeblnBridge {
  return {
    async isPresent() {
      if (!provider()) await injected()
      return typeof provider()?.enable === 'function'
    },
    async call(method, args) {
      const found = provider()
      const asked = found?.[method]
      if (typeof asked !== 'function') throw new Error(`unsupported: ${method}`)
      const answer: unknown = await Reflect.apply(asked, found, args)
      const text = JSON.stringify(answer ?? null)
      if (text.length > MOST_CHARS) throw new Error('The answer of the extension is too long.')
      return JSON.parse(text) as unknown
    },
  }
}

function provider(): Provider | null {
  const { webln } = globalThis as { webln?: unknown }
  return typeof webln === 'object' && webln !== null ? webln : null
}

function injected(): Promise<void> {
  return new Promise((resolve) => {
    document.addEventListener('webln:ready', () => resolve(), { once: true })
    setTimeout(resolve, INJECTED_MS)
  })
}
