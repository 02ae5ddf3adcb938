// Looking back with a model: one line on what a run taught, and standing lessons from the whole record. Both are kept
// as plain bounded lines: what a model says of its record is shown and told again, never obeyed.

import { z } from 'zod'
import type { Experiment } from '../../history/types'
import { ask } from '../models/ask'
import type { Cost, ModelClient } from '../models/types'
import { assemble } from '../prompt/buildPrompt'
import type { Section } from '../prompt/fit'
import { oneLine } from '../prompt/quote'
import { lookingBackRules } from '../prompt/rules'
import { dataSection, historySections, limitsSection, programSection, recallSections } from '../prompt/sections'
import { COLUMNS, fixed, tableRow } from '../prompt/table'
import type { ResearchContext } from '../types'

const reflectionSchema = z.strictObject({ reflection: z.string().min(1).max(1000) })
const lessonsSchema = z.strictObject({ lessons: z.array(z.strictObject({ subject: z.string().min(1).max(200), lesson: z.string().min(1).max(1000) })).max(20) })

const REFLECT = lookingBackRules('{ "reflection": "one line: what was predicted, what came, and what that teaches for the next proposals" }')
const LEARN = lookingBackRules(
  '{ "lessons": [{ "subject": "a knob or a kind of change", "lesson": "one line: what the record says of it, with figures" }] }\n' +
    'At most 15, the most useful first. Keep a standing lesson that still holds under the same subject; leave out what the record no longer bears out.',
)

/** One line on a finished run. */
export async function reflectWith(client: ModelClient, context: ResearchContext, row: Experiment): Promise<{ text: string; cost: Cost }> {
  const [best, recent] = historySections(context)
  const sections = [limitsSection(context, null), ownRow(context, row), best, recent, ...recallSections(context.recall)]
  const { value, cost } = await question(client, context, REFLECT, sections, reflectionSchema)
  return { text: oneLine(value.reflection, 400), cost }
}

/** Standing lessons from the record, one a line: a subject, a colon, what was seen. */
export async function learnWith(client: ModelClient, context: ResearchContext): Promise<{ text: string; cost: Cost }> {
  const sections = [limitsSection(context, null), dataSection(context), programSection(context), ...historySections(context), ...recallSections(context.recall), reflections(context)]
  const { value, cost } = await question(client, context, LEARN, sections, lessonsSchema)
  const lines = value.lessons.slice(0, 15).map(({ subject, lesson }) => `${oneLine(subject.replaceAll(':', ' '), 60)}: ${oneLine(lesson, 240)}`)
  return { text: lines.join('\n'), cost }
}

async function question<T>(client: ModelClient, { signal, onText, onCost }: ResearchContext, system: string, sections: Section[], schema: z.ZodType<T>) {
  const maxOutputTokens = Math.min(4000, Math.floor(client.contextTokens / 4))
  const maxTokens = client.contextTokens - 2 * maxOutputTokens
  const { prompt } = assemble(system, sections, 'Answer now with the JSON object.', maxTokens)
  return ask(client, { system, prompt, maxOutputTokens, signal, ...(onText && { onText }), ...(onCost && { onCost }) }, schema)
}

function ownRow({ knobs, lab }: ResearchContext, row: Experiment): Section {
  const facts = [
    COLUMNS,
    tableRow(row, knobs),
    `hypothesis: ${oneLine(row.hypothesis, 600)}`,
    `scores by seed: ${row.scores.map((score) => fixed(score, 4)).join(' ') || 'none'}; noise between seeds: ${fixed(lab.sigmaBpb, 4)}`,
  ]
  return { title: 'The run to reflect on', quoted: 'data', of: 'its row', items: facts, least: 99, priority: 0 }
}

function reflections({ history }: ResearchContext): Section {
  const items = history.slice(-20).toReversed().flatMap(({ number, reflection }) => (reflection ? [`#${number}: ${oneLine(reflection, 240)}`] : [])) // prettier-ignore
  return { title: 'Reflections', quoted: 'data', of: 'latest first', items, least: 0, priority: 24 }
}
