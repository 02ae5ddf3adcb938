// A language model as researcher: it is told what buildPrompt says, answers in one form, and what it answers is applied,
// laid out and checked before it counts as a proposal. What does not apply, or would not run, goes back to it once.

import { LabError } from '../../core/errors'
import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { findKnobs } from '../../sandbox/knobs'
import { prepareEdit, type Prepared } from '../edits/prepare'
import { ask } from '../models/ask'
import type { ModelClient, ResearcherSpec } from '../models/types'
import { buildPrompt, problemText, type PromptOptions } from '../prompt/buildPrompt'
import { costOfFailure } from '../spending'
import type { Controller, Proposal, ResearchContext } from '../types'
import { changeText } from './knowledge'
import { learnWith, reflectWith } from './modelMemory'
import { proposalWords, replySchema, thoughtProposal, type Reply } from './modelReply'
import { orStandIn } from './standIn'

export interface ModelOptions {
  edits: ResearcherSpec['edits']
  /** null: the lab waits while the model cannot be reached */
  standIn: Controller | null
  /** writes reflections and lessons, too; not where a person carries every question */
  looksBack: boolean
}

/** Room of an answer, and the share of a small context that it may take: reasoning counts, too. */
const MOST_OUTPUT = { knobs: 6000, code: 16_000 } as const
const OUTPUT_SHARE = { knobs: 1 / 6, code: 1 / 4 } as const
/** Of the second question beyond the first: what was wrong, and the answer itself (models/ask.ts bounds it). */
const REPAIR_TOKENS = 3500

/** A model that is asked for every proposal; rows name it as its client does. */
export function createModelController(client: ModelClient, { edits, standIn, looksBack }: ModelOptions): Controller {
  return {
    name: client.name,
    takesOrders: true,
    propose: (context) => orStandIn(() => proposeWith(client, context, edits), client.name, standIn, context),
    ...(looksBack && {
      reflect: (context: ResearchContext, row: Experiment) => reflectWith(client, context, row),
      learn: (context: ResearchContext) => learnWith(client, context),
    }),
  }
}

/**
 * One proposal by a model.
 * @returns also a program that the box refused and the model did not mend: its row says why, at the cost of no run
 * @throws LabError controller.* with what it cost in its data; the signal's reason
 */
export async function proposeWith(
  client: ModelClient,
  context: ResearchContext,
  edits: ResearcherSpec['edits'],
  sampler?: PromptOptions['sampler'],
): Promise<Proposal> {
  const form = { edits, allowThought: mayThink(context, edits) }
  const maxOutputTokens = Math.min(MOST_OUTPUT[edits], Math.floor(client.contextTokens * OUTPUT_SHARE[edits]))
  const maxTokens = client.contextTokens - maxOutputTokens - Math.min(REPAIR_TOKENS, maxOutputTokens)
  const { system, prompt } = buildPrompt(context, { ...form, maxTokens, feasible: await feasible(context), ...(sampler && { sampler }) })

  const tried: { reply: Reply | null; program: Prepared | null; problem: LabError | null } = { reply: null, program: null, problem: null }
  const verify = async (reply: Reply): Promise<string | null> => {
    if (reply.edit.form === 'thought') return null
    try {
      tried.program = await prepareEdit(context, reply.edit)
      tried.reply = reply
      tried.problem = tried.program.refusal
    } catch (thrown) {
      tried.problem = LabError.from(thrown)
      if (tried.problem.code !== 'controller.badReply') throw thrown
    }
    return tried.problem && problemText(tried.problem)
  }
  const { signal, onText, onCost } = context
  const request = { system, prompt, maxOutputTokens, signal, ...(onText && { onText }), ...(onCost && { onCost }) }
  const { value, cost } = await ask(client, request, replySchema(form), verify).catch((thrown: unknown) => {
    const failure = LabError.from(thrown)
    if (failure.code !== 'controller.badReply') throw thrown
    if (!tried.reply) throw tried.problem ? inWords(client.name, failure, tried.problem) : thrown
    return { value: tried.reply, cost: costOfFailure(failure) }
  })
  const by = { proposer: client.name, cost }
  if (value.edit.form === 'thought') return { ...thoughtProposal(value, value.edit.text, context.source), ...by }
  const { source } = tried.program!
  return { ...proposalWords(value), ...(value.edit.form === 'knobs' && changed(context.knobs, source)), source, ...by }
}

/** An analysis may be given where code may be written or a review is asked for, but not twice in a row. */
function mayThink({ history, guidance }: ResearchContext, edits: ResearcherSpec['edits']): boolean {
  const isAsked = edits === 'code' || guidance.orders.some(({ kind }) => kind === 'review')
  return isAsked && history.at(-1)?.status !== 'thought'
}

/** What the present program needs; a program that the box no longer takes is the model's to mend. */
async function feasible({ check, source }: ResearchContext): Promise<PromptOptions['feasible']> {
  try {
    return await check(source)
  } catch (thrown) {
    if (/^(program|sandbox)\./.test(LabError.from(thrown).code)) return null
    throw thrown
  }
}

/** What the knobs came to, held to their ranges: in the row's description instead of the model's own words. */
function changed(before: readonly Knob[], source: string): Pick<Proposal, 'description'> {
  const after = new Map(findKnobs(source).map((knob) => [knob.name, knob.value]))
  const moved = before.filter(({ name, value }) => after.has(name) && after.get(name) !== value)
  const told = moved.slice(0, 4).map((knob) => changeText(knob, after.get(knob.name)!))
  return { description: `${told.join(', ')}${moved.length > 4 ? ` and ${moved.length - 4} more` : ''}` }
}

/** The last problem in its own words, not in those meant for the model. */
function inWords(name: string, failure: LabError, last: LabError): LabError {
  if (failure.code !== 'controller.badReply') return failure
  return new LabError('controller.badReply', `${name} gave no usable edit, twice: ${last.message}`, { hint: last.hint, data: failure.data, cause: failure })
}
