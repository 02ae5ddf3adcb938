// Models on this machine that no server stands before: in the page, and the browser's own.

import { LabError } from '../../core/errors'
import { createBrowserClient } from './browser/client'
import type { BrowserModel } from './browser/types'
import { createPageClient } from './page/client'
import type { SpawnedEngine } from './page/client'
import type { LoadedModel, LoadProgress } from './page/types'
import type { Spending } from './spending'
import type { Turns } from './turns'
import type { Cost, ModelClient, ModelSpec } from './types'

/** What a browser has and Node has not. */
export interface LocalModels {
  turns: Turns
  /** starts a worker for a model in the page */
  spawn(): SpawnedEngine
  browser: BrowserModel
}

export interface LocalClientDeps extends LocalModels {
  spending: Spending
  newId(): string
  onProgress?: (progress: LoadProgress) => void
  onLoaded?: (loaded: LoadedModel) => void
}

/** A model on this machine; `dispose` gives back what it holds. */
export interface LocalClient extends ModelClient {
  dispose(): void
}

/**
 * A client for `page` or `browser`, whose requests are counted like any other's.
 * @throws LabError "import.invalid" for a spec that names no such model
 */
export function createLocalClient(spec: ModelSpec, deps: LocalClientDeps): LocalClient {
  const { spending, turns, browser, newId } = deps
  switch (spec.provider) {
    case 'page': {
      const client = createPageClient(spec, deps)
      return counted(client, spending, () => client.dispose())
    }
    case 'browser':
      return counted(createBrowserClient(spec, { model: browser, turns, newId }), spending, () => undefined)
    default:
      throw new LabError('lab.internal', `${spec.provider} is no model on this machine.`)
  }
}

/** The same client under the lab's caps. It costs no money. */
function counted(client: ModelClient, spending: Spending, dispose: () => void): LocalClient {
  return {
    name: client.name,
    get contextTokens() {
      return client.contextTokens
    },
    async complete(request) {
      const promptTokens = Math.ceil(new TextEncoder().encode(request.system + request.prompt).length / 2)
      const settled = spending.reserve({ inputTokens: promptTokens, outputTokens: request.maxOutputTokens, usd: 0 })
      const settle = (cost: Cost) => {
        settled(cost)
        request.onCost?.(cost)
      }
      const begun = performance.now()
      let received = 0
      const onText = (delta: string) => {
        received += delta.length
        request.onText?.(delta)
      }
      const reply = await client.complete({ ...request, onText }).catch((thrown: unknown) => {
        // of what was said before it broke off; a model that never began has read nothing
        const inputTokens = received > 0 ? Math.ceil(promptTokens / 2) : 0
        settle({ requests: 1, inputTokens, outputTokens: Math.ceil(received / 4), usd: 0, wallMs: performance.now() - begun })
        throw thrown
      })
      settle(reply.cost)
      return reply
    },
    dispose,
  }
}
