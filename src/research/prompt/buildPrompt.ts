// Everything a language model is told before a proposal, in one place: nothing reaches a prompt by another way.

import type { LabError } from '../../core/errors'
import type { Knob } from '../../sandbox/contract'
import type { Feasibility, ResearchContext } from '../types'
import { askedSections, paperSection } from './asked'
import { fit, type Section } from './fit'
import { oneLine, quote } from './quote'
import { proposalRules, type Form } from './rules'
import { samplerSections, type SamplerView } from './samplerSection'
import {
  dataSection,
  historySections,
  knobsSection,
  languageSections,
  limitsSection,
  programSection,
  recallSections,
  sourceSection,
} from './sections'
import { estimateTokens } from './tokens'

export interface PromptOptions extends Form {
  /** that system and prompt may have together */
  maxTokens: number
  /** of the present program; null where it could not be asked */
  feasible: Feasibility | null
  /** hybrid only */
  sampler?: { view: SamplerView; suggestion: { text: string; values: Record<string, Knob['value']> } }
}

export interface Prompt {
  system: string
  prompt: string
  /** estimated, of both */
  tokens: number
}

/**
 * System and user prompt for one proposal. At top level stand the lab's own sentences and figures alone; every other
 * text is bounded, cleaned and quoted. The same context and options give the same prompt.
 * @throws LabError "controller.limit" when not even the least fits
 */
export function buildPrompt(context: ResearchContext, options: PromptOptions): Prompt {
  const system = proposalRules(options)
  const isCode = options.edits === 'code'
  const sections = [
    limitsSection(context, options.feasible),
    dataSection(context),
    programSection(context),
    sourceSection(context, isCode),
    knobsSection(context, !isCode),
    ...(isCode ? languageSections() : []),
    ...historySections(context),
    ...recallSections(context.recall),
    ...(options.sampler ? samplerSections(options.sampler.view, options.sampler.suggestion) : []),
    paperSection(context.guidance, context.lab),
    ...askedSections(context.guidance),
  ]
  return assemble(system, sections, 'Answer now with the JSON object.', options.maxTokens)
}

/** The sections under the budget that the system prompt and the last line leave. @throws LabError "controller.limit" */
export function assemble(system: string, sections: readonly Section[], last: string, maxTokens: number): Prompt {
  const prompt = `${fit(sections, maxTokens - estimateTokens(`${system}\n\n${last}`))}\n\n${last}`
  return { system, prompt, tokens: estimateTokens(system) + estimateTokens(prompt) }
}

/** What was wrong with an answer, for the model that gave it: code and words, which may hold words of the program. */
export function problemText({ code, message, hint }: LabError): string {
  const said = [`code: ${oneLine(code, 40)}`, `what: ${oneLine(message, 700)}`, ...(hint ? [`hint: ${oneLine(hint, 400)}`] : [])]
  return `It was not run.\n${quote('data', 'what was wrong with it', said.join('\n'))}`
}
