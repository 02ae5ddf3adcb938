// Which language model a lab on the command line uses. A key is never an option: it would stand in the shell's history
// and in every list of processes, so it comes from the environment.

import { LabError } from '../core/errors'
import { factsOf, PROVIDERS } from '../research/models/providers'
import { readResearcherSpec } from '../research/models/spec'
import type { Provider, ResearcherSpec } from '../research/models/types'

export const MODEL_OPTIONS = {
  model: { type: 'string' },
  address: { type: 'string' },
  context: { type: 'string' },
  edits: { type: 'string' },
  ratio: { type: 'string' },
  sampler: { type: 'string' },
  'stand-in': { type: 'string' },
  'max-requests': { type: 'string' },
  'max-tokens': { type: 'string' },
  'max-usd': { type: 'string' },
} as const

/** Those that can be asked without a page. */
const NAMED: readonly Provider[] = PROVIDERS.filter((provider) => factsOf(provider).family !== null)

export const MODEL_HELP = `Language models, for --controller model (it proposes) and hybrid (a sampler proposes, the model now and then):
  --model PROVIDER/NAME  ${NAMED.join(', ')};
                       without a NAME: says which models there are
  --address URL        of the server, for compatible, and for local ones on another port
  --context N          tokens that prompt and answer may have together, where the model has more or less than is usual
  --edits KIND         code: passages or the whole of train.js; knobs: values only (default: knobs for local models)
  --ratio R            of a hybrid's trials, the share that the model proposes, 0 to 0.5 (default: 0.2)
  --sampler NAME       who proposes a hybrid's other trials (default: cma-es)
  --stand-in NAME      who proposes while the model cannot be reached (default: nobody, the lab ends as BLOCKED)
  --max-requests N, --max-tokens N, --max-usd X   what the models of this lab may take; no request that could pass it is sent
The key comes from the environment: ASSAY_MODEL_KEY, or the provider's own name, such as ANTHROPIC_API_KEY.`

type Given = Partial<Record<keyof typeof MODEL_OPTIONS, string>>

/** What was asked for; what was not is absent. */
export type ModelArgs = Partial<Omit<ResearcherSpec, 'caps'>> & { caps: Partial<ResearcherSpec['caps']>; address?: string; contextTokens?: number }

/** @throws LabError "import.invalid" naming the option and what it takes */
export function modelArgs(given: Given): ModelArgs {
  const { model, address, context, edits, ratio, sampler, 'stand-in': standIn } = given
  const args: ModelArgs = {
    caps: {
      ...(given['max-requests'] !== undefined && { requests: number('--max-requests', given['max-requests']) }),
      ...(given['max-tokens'] !== undefined && { tokens: number('--max-tokens', given['max-tokens']) }),
      ...(given['max-usd'] !== undefined && { usd: number('--max-usd', given['max-usd']) }),
    },
    ...(model !== undefined && { model: parseModel(model) }),
    ...(address !== undefined && { address }),
    ...(context !== undefined && { contextTokens: number('--context', context) }),
    ...(edits !== undefined && { edits: editsOf(edits) }),
    ...(ratio !== undefined && { ratio: number('--ratio', ratio) }),
    ...(sampler !== undefined && { sampler }),
    ...(standIn !== undefined && { standIn }),
  }
  // read now: a night of experiments must not end at the first proposal; whether it is named, and there, checkModelName asks
  if (args.model) researcherSpec(args.model.model === '' ? { ...args, model: { ...args.model, model: 'NAME' } } : args, undefined)
  return args
}

/**
 * The researcher of a lab: what was asked for, over what it had.
 * @returns undefined where no model was ever named
 * @throws LabError "import.invalid"
 */
export function researcherSpec({ address, contextTokens, caps, ...args }: ModelArgs, before: ResearcherSpec | undefined): ResearcherSpec | undefined {
  const model = args.model ?? before?.model
  if (!model) {
    if (address !== undefined || Object.keys({ ...args, ...caps }).length > 0) throw invalid('Options of a language model were given, but no model.', 'Add --model PROVIDER/NAME.')
    return undefined
  }
  return readResearcherSpec({
    edits: factsOf(model.provider).needsKey || model.provider === 'compatible' ? 'code' : 'knobs',
    ratio: 0.2,
    sampler: 'cma-es',
    standIn: null,
    ...before,
    ...args,
    model: { ...model, ...(address !== undefined && { address }), ...(contextTokens !== undefined && { contextTokens }) },
    caps: { requests: null, tokens: null, usd: null, ...before?.caps, ...caps },
  })
}

/** PROVIDER/NAME; names may have slashes of their own. */
function parseModel(text: string): ResearcherSpec['model'] {
  const [name, ...rest] = text.split('/')
  const provider = NAMED.find((known) => known === name)
  if (!provider) throw invalid(`--model cannot be "${text}".`, `Write PROVIDER/NAME; providers are ${NAMED.join(', ')}.`)
  return { provider, model: rest.join('/') }
}

function editsOf(text: string): ResearcherSpec['edits'] {
  if (text === 'knobs' || text === 'code') return text
  throw invalid(`--edits cannot be "${text}".`, 'Choose one of: knobs, code.')
}

function number(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw invalid(`${option} cannot be "${text}".`, 'It takes a number from 0.')
}

function invalid(message: string, hint: string): LabError {
  return new LabError('import.invalid', message, { hint })
}
