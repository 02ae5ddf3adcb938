// Language models as the lab worker has them: who could answer, with which key, and a client for whoever is chosen.

import { LabError } from '../core/errors'
import { createPasteClient } from '../research/controllers/paste'
import { createModelClient } from '../research/models/client'
import { createLocalClient, type LocalClient } from '../research/models/local'
import { factsOf, PROVIDERS } from '../research/models/providers'
import { readModelSpec } from '../research/models/spec'
import { createSpending, type Spending } from '../research/models/spending'
import { NO_COST, type ModelClient, type ModelSpec, type Provider } from '../research/models/types'
import type { Questions } from '../research/questions'
import { costOfFailure } from '../research/spending'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { ProviderState, ResearchApi } from './researchProtocol'

export interface ModelDesk {
  /** what the page may ask */
  api: Pick<ResearchApi, 'providers' | 'tryModel' | 'setKey' | 'unlockKeys' | 'forgetKey'>
  /** A client under a lab's limits. @throws LabError "import.invalid" for a spec that names no model */
  client(spec: ModelSpec, spending: Spending, questions: Questions): OpenClient
}

/** Gives back what it holds when it is not used any more. */
export type OpenClient = ModelClient & Partial<Pick<LocalClient, 'dispose'>>

const NO_CAPS = { requests: null, tokens: null, usd: null }
const TRIAL_MS = 300_000
/** Enough for one that thinks before it says a word. */
const TRIAL_TOKENS = 1000

export function createModelDesk(parts: Pick<LabParts, 'keys' | 'page' | 'localModels' | 'newId'>, board: StatusBoard): ModelDesk {
  const { keys, page, localModels, newId } = parts

  function open(spec: ModelSpec, spending: Spending, isTrial: boolean): OpenClient {
    const read = readModelSpec(spec)
    if (factsOf(read.provider).family) return createModelClient(read, { keys, spending, page, ...(isTrial && { patience: { retries: 0 } }) })
    if (!localModels) throw new LabError('controller.refused', `${factsOf(read.provider).label} is in a browser only.`, { hint: 'Choose another model.' })
    const onProgress = ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number | null }) =>
      board.tell({ kind: 'download', received: receivedBytes, total: totalBytes, name: read.model })
    return createLocalClient(read, { ...localModels, spending, newId, onProgress })
  }

  /** Why a provider cannot be used here at all; null where it can. */
  async function missing(provider: Provider): Promise<string | null> {
    if (provider !== 'browser' && provider !== 'page') return null
    if (!localModels) return 'It is in a browser only.'
    if (provider === 'page') return null
    const { availability, help } = await localModels.browser.state()
    return ['missing', 'unavailable'].includes(availability) ? help.join(' ') : null
  }

  const api: ModelDesk['api'] = {
    async providers() {
      const states = await keys.states()
      return Promise.all(
        PROVIDERS.map(async (provider): Promise<ProviderState> => {
          const { models, address, needsKey } = factsOf(provider)
          return { provider, models, address, key: states.get(provider) ?? (needsKey ? 'missing' : 'none needed'), missing: await missing(provider) }
        }),
      )
    },
    async tryModel(spec) {
      let client: OpenClient | null = null
      try {
        if (spec.provider === 'paste') throw new LabError('lab.state', 'A chat is tried by pasting its first answer.', { hint: 'Start the lab: it asks when it is time.' })
        client = open(spec, createSpending(NO_CAPS), true)
        const { text, cost } = await client.complete({
          system: 'You are asked whether you can be reached. Answer in one short sentence.',
          prompt: 'Say hello, and which model you are.',
          maxOutputTokens: TRIAL_TOKENS,
          signal: AbortSignal.timeout(TRIAL_MS),
        })
        return { reply: text.trim().slice(0, 500), cost, error: null }
      } catch (thrown) {
        const error = LabError.from(thrown, 'controller.offline')
        return { reply: '', cost: error.data ? costOfFailure(error) : NO_COST, error: error.toJSON() }
      } finally {
        client?.dispose?.()
      }
    },
    setKey: (provider, key, passphrase, address) => keys.set(provider, key, passphrase, address),
    unlockKeys: (passphrase) => keys.unlock(passphrase),
    forgetKey: (provider) => keys.forget(provider),
  }

  return {
    api,
    client(spec, spending, questions) {
      if (spec.provider !== 'paste') return open(spec, spending, false)
      return createPasteClient(async (prompt, problem, signal) => {
        const answer = await questions.ask({ kind: 'paste', prompt, problem }, signal)
        if (answer.kind === 'paste') return answer.text
        throw new LabError('controller.refused', 'The question for the chat was passed over.', {
          hint: 'Press Resume to be asked again, or choose another researcher.',
        })
      })
    },
  }
}
