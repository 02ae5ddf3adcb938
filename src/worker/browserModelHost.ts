// The page's side of the browser's own language model, which no worker can reach: the lab's worker gets a port to it.

import { expose } from 'comlink'
import { createBrowserModel } from '../research/models/browser/model'
import type { BrowserModelPage } from '../research/models/browser/model'
import type { BrowserModel, LanguageModelStatic } from '../research/models/browser/types'
import { throwJson } from './border'

/** What the lab worker is sent, once. */
export interface BrowserModelPort {
  browserModel: MessagePort
}

/** Hands the browser's model on to `lab`. @returns the same for the page itself */
export function hostBrowserModel(lab: Worker): BrowserModelPage {
  const model = createBrowserModel(() => (globalThis as { LanguageModel?: LanguageModelStatic }).LanguageModel)
  const { state, contextTokens, ask, stop } = model
  const { port1, port2 } = new MessageChannel()
  expose(throwJson<BrowserModel>({ state, contextTokens, ask, stop }), port1)
  const message: BrowserModelPort = { browserModel: port2 }
  lab.postMessage(message, [port2])
  return model
}
