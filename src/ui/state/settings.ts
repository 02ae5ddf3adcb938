// What a person chooses before Start, and how it is written into the URL so that a setup can be shared.

import { DATASET_PRESETS } from '../../worker/client'
import type { DatasetSource, TokenizerSpec } from '../../data/types'
import type { Budget } from '../../judge/task'
import type { EndRules } from '../../research/guide/types'
import type { ResearcherSpec } from '../../research/models/types'
import type { LabSettings } from '../../worker/protocol'
import { withoutSecrets } from './researchers'

/** `budget: null` means what the adapter's tier suggests. */
export interface Draft {
  dataset: DatasetSource
  tokenizer: TokenizerSpec
  budget: Budget | null
  controller: string
  /** the language model, where the researcher uses one; never a key */
  researcher: ResearcherSpec | undefined
  approval: 'auto' | 'ask'
  /** off: the researcher alone, without modes, orders and moves of the lab */
  guide: 'on' | 'off'
  ends: EndRules
  rule: 'measured' | 'plain'
  maxExperiments: number | null
  seed: number
}

export const BUILT_IN: DatasetSource = { kind: 'grammar', seed: 1, bytes: 4_000_000 }

/** A lab that only its person ends. */
export const NO_END: EndRules = { minutes: null, tokens: null, usd: null, targetBpb: null }

export const DEFAULT_DRAFT: Draft = {
  dataset: BUILT_IN,
  tokenizer: { kind: 'bytes' },
  budget: null,
  controller: 'evolution',
  researcher: undefined,
  approval: 'auto',
  guide: 'on',
  ends: NO_END,
  rule: 'measured',
  maxExperiments: null,
  seed: 1,
}

/** A thousandth of a bit per byte: less is no progress, however certain. */
const FLOOR_BPB = 0.001

const FALLBACK_BUDGET: Budget = { kind: 'seconds', amount: 30 }

type UrlSource = Extract<DatasetSource, { kind: 'url' }>

/** Texts that are fetched from where their authors publish them. */
export const URL_PRESETS = DATASET_PRESETS.flatMap(({ name, about, licence, source }) =>
  source.kind === 'url' ? [{ label: name, note: `${about} ${licence}`, source: source satisfies UrlSource }] : [],
)

/** Guesses how to read a URL from the end of its path. */
export function formatOfUrl(url: string): 'text' | 'jsonl' | 'parquet' {
  const path = url.split(/[?#]/)[0].toLowerCase()
  if (path.endsWith('.parquet')) return 'parquet'
  if (path.endsWith('.jsonl') || path.endsWith('.ndjson')) return 'jsonl'
  return 'text'
}

/** What has to be fetched for a dataset. */
export function datasetAddresses(source: DatasetSource): string[] {
  return source.kind === 'url' ? [source.url, ...(source.validation ? [source.validation.url] : [])] : []
}

/** A short name for a dataset, used as the lab's name and in lists. */
export function datasetLabel(source: DatasetSource): string {
  if (source.kind === 'grammar') return 'Built-in stories'
  if (source.kind === 'text') return source.name
  const preset = URL_PRESETS.find((entry) => entry.source.url === source.url)
  if (preset) return preset.label
  try {
    const url = new URL(source.url)
    return url.pathname.split('/').findLast((part) => part !== '') ?? url.host
  } catch {
    return source.url || 'URL'
  }
}

export function tokenizerLabel(tokenizer: TokenizerSpec): string {
  return tokenizer.kind === 'bytes' ? 'bytes' : `BPE ${tokenizer.vocab}`
}

export function budgetLabel(budget: Budget): string {
  if (budget.kind === 'tokens') {
    return budget.amount >= 1e6 ? `${budget.amount / 1e6} M tokens` : `${Math.round(budget.amount / 1e3)} k tokens`
  }
  return budget.amount % 60 === 0 ? `${budget.amount / 60} min` : `${budget.amount} s`
}

/** Makes the draft complete: what `create` is given. */
export function labSettings(
  draft: Draft,
  defaults: { trainJs: string; programMd: string; budget: Budget } | null,
  edited: { trainJs: string | null; programMd: string | null },
): LabSettings {
  return {
    name: datasetLabel(draft.dataset),
    dataset: draft.dataset,
    tokenizer: draft.tokenizer,
    budget: draft.budget ?? defaults?.budget ?? FALLBACK_BUDGET,
    keepRule: { kind: draft.rule, repeats: draft.rule === 'measured' ? 3 : 1, floorBpb: FLOOR_BPB },
    controller: draft.controller,
    ...(draft.researcher && { researcher: withoutSecrets(draft.researcher) }),
    ...(draft.guide === 'off' && { guide: 'off' as const }),
    ...(draft.approval === 'ask' && { approval: 'ask' as const }),
    ...(Object.values(draft.ends).some((end) => end !== null) && { ends: draft.ends }),
    maxExperiments: draft.maxExperiments,
    seed: draft.seed,
    programMd: edited.programMd ?? defaults?.programMd ?? '',
    trainJs: edited.trainJs ?? defaults?.trainJs ?? '',
  }
}
