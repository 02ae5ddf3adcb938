// Who can propose, in words: what a person chooses from, and what the choice means to the lab.

import type { Provider, ResearcherSpec } from '../../research/models/types'
import type { LabSettings } from '../../worker/protocol'

/** A researcher as a lab is given it: a name, and the language model it uses where it uses one. */
export type Researcher = Pick<LabSettings, 'controller' | 'researcher'>

/** How a person thinks of researchers, before any detail. */
export type Kind = 'builtIn' | 'model' | 'paste' | 'person'

export const KINDS: readonly { value: Kind; label: string; note: string }[] = [
  { value: 'builtIn', label: 'Built in', note: 'Works at once: no key, no network, no cost.' },
  { value: 'model', label: 'A model', note: 'A language model reads the record and argues: of a provider of yours, on this machine, or in this browser.' },
  { value: 'paste', label: 'Copy & paste', note: 'You carry each question to any chat and its answer back. No key needed.' },
  { value: 'person', label: 'You', note: 'The lab measures the baseline and waits. Edit train.js under Program and press “Run my version”.' },
]

/** Researchers that need nothing, the default first; one sentence each. */
export const BUILT_IN: readonly { name: string; label: string; about: string }[] = [
  { name: 'evolution', label: 'Evolution', about: 'Builds on edits that helped before, and puts them together.' },
  { name: 'tpe', label: 'TPE', about: 'Splits past attempts into good and bad, and tries what looks like the good ones.' },
  { name: 'cma-es', label: 'CMA-ES', about: 'Moves a cloud of settings downhill and learns its shape: strong where knobs depend on each other.' },
  { name: 'halving', label: 'Successive halving', about: 'Tries many for a short time and gives the best third the full budget.' },
  { name: 'random', label: 'Random', about: 'Draws edits blindly: the yardstick every other researcher has to beat.' },
]

/** What draws the other trials of a hybrid. */
export const SAMPLERS: readonly { name: string; label: string }[] = BUILT_IN.filter(({ name }) => ['cma-es', 'tpe', 'evolution', 'random'].includes(name))

/** How often a model is asked; 1 is every time, anything else makes a hybrid. */
export const SHARES: readonly { value: number; label: string }[] = [
  { value: 1, label: 'Every experiment' },
  { value: 0.5, label: 'Every 2nd, a sampler proposes the rest' },
  { value: 0.33, label: 'Every 3rd' },
  { value: 0.2, label: 'Every 5th (suits small models)' },
  { value: 0.1, label: 'Every 10th' },
  { value: 0, label: 'Never: the sampler alone' },
]

export interface ProviderWords {
  label: string
  group: 'With a key of yours' | 'On this machine' | 'In this browser'
  /** the address is the person's to name */
  hasAddress: boolean
  /** never: there is one model only; perhaps: it answers without a name as well */
  model: 'named' | 'perhaps' | 'never'
  /** what a person who knows nothing of it would begin with */
  usual?: { address: string; model: string }
}

export const PROVIDERS: Record<Exclude<Provider, 'paste'>, ProviderWords> = {
  anthropic: { label: 'Anthropic', group: 'With a key of yours', hasAddress: false, model: 'named' },
  openai: { label: 'OpenAI', group: 'With a key of yours', hasAddress: false, model: 'named' },
  google: { label: 'Google', group: 'With a key of yours', hasAddress: false, model: 'named' },
  openrouter: { label: 'OpenRouter', group: 'With a key of yours', hasAddress: false, model: 'named' },
  compatible: { label: 'Another address that speaks OpenAI’s protocol', group: 'With a key of yours', hasAddress: true, model: 'named' },
  ollama: { label: 'Ollama', group: 'On this machine', hasAddress: true, model: 'named' },
  lmstudio: { label: 'LM Studio', group: 'On this machine', hasAddress: true, model: 'named' },
  llamacpp: { label: 'llama.cpp', group: 'On this machine', hasAddress: true, model: 'perhaps' },
  browser: { label: 'The browser’s own model', group: 'In this browser', hasAddress: false, model: 'never' },
  page: {
    label: 'A model in this page', group: 'In this browser', hasAddress: true, model: 'named',
    usual: { address: 'https://huggingface.co', model: 'onnx-community/Qwen3-0.6B-ONNX' },
  },
}

export const DEFAULT_SPEC: ResearcherSpec = {
  model: { provider: 'anthropic', model: '' },
  edits: 'code',
  caps: { requests: null, tokens: null, usd: null },
  ratio: 0.2,
  sampler: 'cma-es',
  standIn: null,
}

const PASTE: ResearcherSpec = { ...DEFAULT_SPEC, model: { provider: 'paste', model: '' } }

/** Small models fail at code: those that fit into a browser or a laptop change knobs only, until told otherwise. */
export function usualEdits(provider: Provider): ResearcherSpec['edits'] {
  return ['browser', 'page', 'ollama', 'lmstudio', 'llamacpp'].includes(provider) ? 'knobs' : 'code'
}

export function kindOf({ controller, researcher }: Researcher): Kind {
  if (controller === 'human') return 'person'
  if (researcher === undefined) return 'builtIn'
  return researcher.model.provider === 'paste' ? 'paste' : 'model'
}

/** What a kind means when it is chosen; what was chosen of a language model before is kept. */
export function ofKind(kind: Kind, held: ResearcherSpec): Researcher {
  if (kind === 'person') return { controller: 'human', researcher: undefined }
  if (kind === 'builtIn') return { controller: BUILT_IN[0].name, researcher: undefined }
  if (kind === 'paste') return { controller: 'model', researcher: PASTE }
  return { controller: held.model.provider === 'browser' || held.model.provider === 'page' ? 'hybrid' : 'model', researcher: held }
}

/** Share of the experiments that the model proposes. */
export function shareOf({ controller, researcher }: Researcher): number {
  return controller === 'hybrid' ? researcher?.ratio ?? DEFAULT_SPEC.ratio : 1
}

/** The same researcher with another share. */
export function withShare(spec: ResearcherSpec, share: number): Researcher {
  return share === 1 ? { controller: 'model', researcher: spec } : { controller: 'hybrid', researcher: { ...spec, ratio: share } }
}

/** A researcher in a few words: “Evolution”, “claude-sonnet-5”, “qwen3 and CMA-ES”. */
export function researcherLabel({ controller, researcher }: Researcher): string {
  if (controller === 'human') return 'you'
  const known = BUILT_IN.find(({ name }) => name === controller)
  if (researcher === undefined) return known?.label ?? controller
  const { provider, model } = researcher.model
  const who = provider === 'paste' ? 'a chat of yours' : model || (provider === 'browser' ? 'the browser’s own model' : PROVIDERS[provider].label)
  const sampler = BUILT_IN.find(({ name }) => name === researcher.sampler)?.label ?? researcher.sampler
  return controller === 'hybrid' ? `${who} and ${sampler}` : who
}

/** The address without a name, a password, a query or a fragment, any of which might carry a key; null where it is none. */
export function plainAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  return url && /^https?:$/.test(url.protocol) ? `${url.origin}${url.pathname}` : null
}

/** What may be recorded, exported and shared: an address as a person typed it may hold a key. */
export function withoutSecrets(spec: ResearcherSpec): ResearcherSpec {
  const { address, ...model } = spec.model
  const plain = plainAddress(address ?? '')
  return { ...spec, model: { ...model, ...(plain && { address: plain }) } }
}
