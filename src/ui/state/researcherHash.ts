// The researcher's part of an address. A key has no place in it, nor has anything that could hold one.

import type { EndRules } from '../../research/guide/types'
import type { ModelCaps, Provider, ResearcherSpec } from '../../research/models/types'
import { DEFAULT_SPEC, plainAddress, PROVIDERS, SAMPLERS, usualEdits } from './researchers'
import { NO_END } from './settings'

const CAPS = ['requests', 'tokens', 'usd'] as const satisfies (keyof ModelCaps)[]
const ENDS = { min: 'minutes', spend: 'tokens', money: 'usd', target: 'targetBpb' } as const satisfies Record<string, keyof EndRules>

/** Writes what differs from the usual. */
export function writeResearcher(query: URLSearchParams, { model, edits, caps, ratio, sampler, standIn }: ResearcherSpec): void {
  query.set('via', model.provider)
  if (model.model) query.set('model', model.model)
  const address = plainAddress(model.address ?? '')
  if (address) query.set('at', address)
  if (model.temperature !== undefined) query.set('heat', String(model.temperature))
  if (model.contextTokens !== undefined) query.set('context', String(model.contextTokens))
  if (model.release) query.set('release', '1')
  if (edits !== usualEdits(model.provider)) query.set('edits', edits)
  if (ratio !== DEFAULT_SPEC.ratio) query.set('share', String(ratio))
  if (sampler !== DEFAULT_SPEC.sampler) query.set('sampler', sampler)
  if (standIn !== null) query.set('standin', standIn)
  for (const cap of CAPS) if (caps[cap] !== null) query.set(`max_${cap}`, String(caps[cap]))
}

/** Reads what writeResearcher wrote; undefined where no model is named. */
export function readResearcher(query: URLSearchParams): ResearcherSpec | undefined {
  const provider = query.get('via') as Provider
  if (provider !== 'paste' && !Object.hasOwn(PROVIDERS, provider)) return undefined
  const model = query.get('model') ?? ''
  const address = plainAddress(query.get('at') ?? '')
  const temperature = readAmount(query.get('heat'), 2)
  const contextTokens = readAmount(query.get('context'), 1e7)
  const edits = query.get('edits')
  const sampler = query.get('sampler')
  const standIn = query.get('standin')
  return {
    model: {
      provider,
      model: /^[\w./:@ -]{0,128}$/.test(model) ? model : '',
      ...(address && { address }),
      ...(temperature !== null && { temperature }),
      ...(contextTokens !== null && { contextTokens: Math.round(contextTokens) }),
      ...(query.get('release') === '1' && { release: true }),
    },
    edits: edits === 'knobs' || edits === 'code' ? edits : usualEdits(provider),
    caps: { requests: readAmount(query.get('max_requests')), tokens: readAmount(query.get('max_tokens')), usd: readAmount(query.get('max_usd')) },
    ratio: readAmount(query.get('share'), 0.5) ?? DEFAULT_SPEC.ratio,
    sampler: SAMPLERS.find(({ name }) => name === sampler)?.name ?? DEFAULT_SPEC.sampler,
    standIn: SAMPLERS.find(({ name }) => name === standIn)?.name ?? null,
  }
}

export function writeEnds(query: URLSearchParams, ends: EndRules): void {
  for (const [key, end] of Object.entries(ENDS)) if (ends[end] !== null) query.set(key, String(ends[end]))
}

export function readEnds(query: URLSearchParams): EndRules {
  const ends = { ...NO_END }
  for (const [key, end] of Object.entries(ENDS)) ends[end] = readAmount(query.get(key))
  return ends
}

/** A finite number of at least 0. */
function readAmount(text: string | null, max = 1e12): number | null {
  if (text === null || !/^\d+(\.\d+)?$/.test(text)) return null
  return Number(text) <= max ? Number(text) : null
}
