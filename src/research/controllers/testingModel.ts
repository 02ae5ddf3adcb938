// A model whose answers are written beforehand, without a wire.

import { Rng } from '../../core/rng'
import type { Edit } from '../edits/edit'
import { NO_COST, type ModelClient, type ModelRequest } from '../models/types'
import { findKnobs } from '../../sandbox/knobs'
import { PROGRAM, scriptedLab, WAYS } from '../testing'
import type { ResearchContext } from '../types'
import type { Reply } from './modelReply'

export interface ScriptedClient extends ModelClient {
  asked: ModelRequest[]
}

/** The k-th request gets the k-th answer, or fails with it; the last one from then on. */
export function scriptedClient(answers: (string | Error)[], contextTokens = 100_000): ScriptedClient {
  const asked: ModelRequest[] = []
  return {
    name: 'scripted',
    contextTokens,
    asked,
    async complete(request) {
      asked.push(request)
      const answer = answers[Math.min(asked.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      request.onText?.(answer)
      const cost = { ...NO_COST, requests: 1, inputTokens: 100, outputTokens: 10, usd: 0.5 }
      request.onCost?.(cost)
      return { text: answer, cost }
    },
  }
}

/** An answer of the form asked for. */
export function reply(edit: Reply['edit'], change: Partial<Reply> = {}): string {
  const words = { hypothesis: 'It should help.', description: 'a change', category: 'depth' as const, expectedDelta: -0.01, probability: 0.3 }
  return JSON.stringify({ ...words, ...change, edit })
}

export const setKnob = (name: string, value: number | string | boolean): Edit => ({ form: 'knobs', values: [{ name, value }] })

/** What a model is asked with over PROGRAM, after a baseline. */
export function modelContext(change: Partial<ResearchContext> = {}): ResearchContext {
  const lab = scriptedLab({ incumbent: 0, nextNumber: 1, sigmaBpb: 0.004 })
  return { ...WAYS, lab, source: PROGRAM, knobs: findKnobs(PROGRAM), history: [], rng: new Rng(1), ...change }
}
