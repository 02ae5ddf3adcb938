// The lab worker's side of the browser's own language model (browserModelHost.ts).

import { proxy, wrap } from 'comlink'
import type { BrowserModel } from '../research/models/browser/types'
import { fromWorker } from './border'
import type { BrowserModelPort } from './browserModelHost'

/** The browser's model as the page hands it on; asks wait until it has. Called once, before any message can come. */
export function receiveBrowserModel(): BrowserModel {
  const remote = new Promise<MessagePort>((resolve) => {
    self.addEventListener('message', ({ data }: MessageEvent<BrowserModelPort | object>) => {
      if ('browserModel' in data) resolve(data.browserModel)
    })
  }).then((port) => ({ model: wrap<BrowserModel>(port) }))
  return {
    state: async () => fromWorker((await remote).model.state()),
    contextTokens: async () => fromWorker((await remote).model.contextTokens()),
    ask: async (question, onText) => fromWorker((await remote).model.ask(question, proxy(onText))),
    stop: async (id) => fromWorker((await remote).model.stop(id)),
  }
}
