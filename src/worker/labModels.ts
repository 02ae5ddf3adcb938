// Language models as the lab worker has them: who could answer, and with which key.

import { LabError } from '../core/errors'
import { factsOf, PROVIDERS } from '../research/models/providers'
import { createSpending } from '../research/models/spending'
import { NO_COST, type Provider } from '../research/models/types'
import { costOfFailure } from '../research/spending'
import type { OpenClient } from './labClients'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'
import type { ProviderState, ResearchApi } from './researchProtocol'

export type ModelDesk = Pick<ResearchApi, 'providers' | 'tryModel' | 'listModels' | 'setKey' | 'unlockKeys' | 'forgetKey'>

const NO_CAPS = { requests: null, tokens: null, usd: null }
const TRIAL_MS = 300_000
/** Enough for one that thinks before it says a word. */
const TRIAL_TOKENS = 1000

export function createModelDesk(parts: Pick<LabParts, 'keys' | 'page' | 'localModels' | 'newId'>, board: StatusBoard): ModelDesk {
  const { keys, localModels, page } = parts

  /** Why a provider cannot be used here at all; null where it can. */
  async function missing(provider: Provider): Promise<string | null> {
    if (provider !== 'browser' && provider !== 'page') return null
    if (!localModels) return 'It is in a browser only.'
    if (provider === 'page') return null
    const { availability, help } = await localModels.browser.state()
    return ['missing', 'unavailable'].includes(availability) ? help.join(' ') : null
  }

  return {
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
        const { createClients } = await import('./labClients')
        client = createClients(parts, board).trial(spec, createSpending(NO_CAPS))
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
    async listModels(spec) {
      const { listModels } = await import('../research/models/list')
      return listModels(spec, { keys, page }, AbortSignal.timeout(TRIAL_MS))
    },
    setKey: (provider, key, passphrase, address) => keys.set(provider, key, passphrase, address),
    unlockKeys: (passphrase) => keys.unlock(passphrase),
    forgetKey: (provider) => keys.forget(provider),
  }
}
