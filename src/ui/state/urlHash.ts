// Settings in the URL, versioned. Defaults are left out, so a plain address means a plain lab.

import { readEnds, readResearcher, writeEnds, writeResearcher } from './researcherHash'
import { BUILT_IN, DEFAULT_DRAFT, formatOfUrl, URL_PRESETS } from './settings'
import type { Draft } from './settings'
import type { DatasetSource, TokenizerSpec } from '../../data/types'
import type { Budget } from '../../judge/task'

const VERSION = '1'
const HOME = 'lab'

/** Where the page is: which section, and of the lab which record and which experiment. */
export interface Place {
  /** id of a section; whether there is one of that name is for the page to say */
  view: string
  labId: string | null
  experiment: number | null
}

/** The place of a plain address. */
export const NOWHERE: Place = { view: HOME, labId: null, experiment: null }

/** Writes draft and place as a fragment without the '#'; empty when everything is default. */
export function writeHash(draft: Draft, place: Place): string {
  const query = new URLSearchParams()
  writeDataset(query, draft.dataset)
  if (draft.tokenizer.kind === 'bpe') query.set('tok', `bpe${draft.tokenizer.vocab}`)
  if (draft.budget) query.set('budget', `${draft.budget.amount}${draft.budget.kind === 'seconds' ? 's' : 'tok'}`)
  if (draft.controller !== DEFAULT_DRAFT.controller) query.set('by', draft.controller)
  if (draft.researcher) writeResearcher(query, draft.researcher)
  if (draft.approval === 'ask') query.set('ask', '1')
  if (draft.guide === 'off') query.set('guide', 'off')
  writeEnds(query, draft.ends)
  if (draft.rule !== DEFAULT_DRAFT.rule) query.set('rule', draft.rule)
  if (draft.maxExperiments !== null) query.set('n', String(draft.maxExperiments))
  if (draft.seed !== DEFAULT_DRAFT.seed) query.set('seed', String(draft.seed))
  if (place.view !== HOME) query.set('view', place.view)
  if (place.labId) query.set('lab', place.labId)
  if (place.experiment !== null) query.set('x', String(place.experiment))
  if ([...query].length === 0) return ''
  return `v=${VERSION}&${query}`
}

/** Reads a fragment; anything missing, malformed or from another version falls back to the default. */
export function readHash(hash: string): { draft: Draft; place: Place } {
  const query = new URLSearchParams(hash.replace(/^#/, ''))
  if (query.get('v') !== VERSION) return { draft: DEFAULT_DRAFT, place: NOWHERE }
  return {
    draft: {
      dataset: readDataset(query),
      tokenizer: readTokenizer(query.get('tok')),
      budget: readBudget(query.get('budget')),
      controller: /^[a-z][\w-]{0,31}$/.test(query.get('by') ?? '') ? query.get('by')! : DEFAULT_DRAFT.controller,
      researcher: readResearcher(query),
      approval: query.get('ask') === '1' ? 'ask' : 'auto',
      guide: query.get('guide') === 'off' ? 'off' : 'on',
      ends: readEnds(query),
      rule: query.get('rule') === 'plain' ? 'plain' : 'measured',
      maxExperiments: readCount(query.get('n'), 1, 100_000),
      seed: readCount(query.get('seed'), 0, 2 ** 31 - 1) ?? DEFAULT_DRAFT.seed,
    },
    place: {
      view: /^[a-z]{1,16}$/.test(query.get('view') ?? '') ? query.get('view')! : HOME,
      labId: /^[\w.-]{1,128}$/.test(query.get('lab') ?? '') ? query.get('lab') : null,
      experiment: readCount(query.get('x'), 0, 1e9),
    },
  }
}

// A file the person dropped lives only in this browser, so it is not part of a shared address.
function writeDataset(query: URLSearchParams, source: DatasetSource) {
  if (source.kind === 'grammar' && source.seed !== 1) query.set('data', `stories${source.seed}`)
  if (source.kind !== 'url') return
  query.set('data', source.url)
  if (source.format !== formatOfUrl(source.url)) query.set('format', source.format)
  if (source.field) query.set('field', source.field)
  if (source.maxBytes) query.set('max', String(source.maxBytes))
}

function readDataset(query: URLSearchParams): DatasetSource {
  const data = query.get('data') ?? ''
  const stories = /^stories(\d{1,9})$/.exec(data)
  if (stories && BUILT_IN.kind === 'grammar') return { ...BUILT_IN, seed: Number(stories[1]) }
  if (!/^https?:\/\//.test(data)) return BUILT_IN
  const preset = URL_PRESETS.find(({ source }) => source.url === data)
  if (preset) return preset.source
  const format = query.get('format')
  const field = query.get('field')
  const maxBytes = readCount(query.get('max'), 1, 2 ** 40)
  return {
    kind: 'url',
    url: data,
    format: format === 'text' || format === 'jsonl' || format === 'parquet' ? format : formatOfUrl(data),
    ...(field ? { field } : {}),
    ...(maxBytes ? { maxBytes } : {}),
  }
}

function readTokenizer(text: string | null): TokenizerSpec {
  const vocab = readCount(/^bpe(\d+)$/.exec(text ?? '')?.[1] ?? null, 256, 8192)
  return vocab === null ? { kind: 'bytes' } : { kind: 'bpe', vocab }
}

function readBudget(text: string | null): Budget | null {
  const match = /^(\d{1,12})(s|tok)$/.exec(text ?? '')
  if (!match || Number(match[1]) < 1) return null
  return { kind: match[2] === 's' ? 'seconds' : 'tokens', amount: Number(match[1]) }
}

function readCount(text: string | null, min: number, max: number): number | null {
  if (text === null || !/^\d+$/.test(text)) return null
  const value = Number(text)
  return value >= min && value <= max ? value : null
}
