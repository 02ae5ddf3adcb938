// The page's end of a wallet extension: an extension puts `window.webln` into pages, not into workers.

import { LabError } from '../core/errors'
import type { WeblnBridge } from './bountyProtocol'

type Provider = Record<string, ((...args: unknown[]) => unknown) | undefined>

/** What the extension says goes back as plain data: it may be anything. */
export const weblnPage: WeblnBridge = {
  isPresent: () => Promise.resolve(provider() !== null),
  async call(method, args) {
    const wallet = provider()
    if (!wallet) throw new LabError('pay.noWallet', 'No wallet extension is in this page.', { hint: 'Install one such as Alby and reload the page, or connect a wallet in another way.' })
    const ask = wallet[method]
    if (!ask) throw new LabError('pay.unsupported', `This extension has no ${method}.`, { hint: 'Use another wallet.' })
    const answer: unknown = await ask.apply(wallet, args)
    return answer === undefined ? null : (JSON.parse(JSON.stringify(answer)) as unknown)
  },
}

function provider(): Provider | null {
  const { webln } = globalThis as { webln?: unknown }
  return typeof webln === 'object' && webln !== null ? (webln as Provider) : null
}
