// What there is to say to a researcher, section by section: the lab's figures in its own words, everything else quoted.

import type { Experiment } from '../../history/types'
import type { Knob } from '../../sandbox/contract'
import { LIMITS } from '../../sandbox/limits'
import { spaceText } from '../edits/apply'
import type { Feasibility, Recall, ResearchContext } from '../types'
import type { Section } from './fit'
import { languageReference } from './languageReference'
import { bounded, cell, oneLine } from './quote'
import { bestOf, COLUMNS, fixed, nearestOf, plain, short, tableRow } from './table'

const BEST = 5
const RECENT = 20
const NEAREST = 3

/** Budget, memory, noise and where the lab stands: figures alone. */
export function limitsSection({ lab, history, base }: ResearchContext, feasible: Feasibility | null): Section {
  const { task } = lab
  const best = history.find((row) => row.number === lab.incumbent)
  const budget = task.budget.kind === 'seconds' ? `${task.budget.amount} s of training` : `${task.budget.amount} tokens of training`
  const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`
  return {
    title: 'Limits and standing',
    quoted: null,
    items: [
      `budget of every run: ${budget}`,
      `memory: ${mb(task.guards.maxBytes)} allowed${feasible ? `; the present program needs ${mb(feasible.predictedBytes)} and has ${short(feasible.paramCount)} parameters` : ''}`,
      ...(feasible?.tier ? [`adapter: ${feasible.tier}`] : []),
      ...(task.guards.minTokensPerSecond ? [`least speed: ${task.guards.minTokensPerSecond} tokens/s`] : []),
      `noise between seeds, sigma: ${fixed(lab.sigmaBpb, 4)} bits per byte; a keep must gain at least ${fixed(task.keepRule.floorBpb, 4)}`,
      `best so far: ${best ? `experiment #${best.number}, val_bpb ${fixed(best.valBpb, 4)}` : 'none'}`,
      ...(lab.floorBpb === null ? [] : [`no program can score below ${fixed(lab.floorBpb, 4)}: that is the text's own entropy`]),
      `the present program is that of experiment ${base === null ? 'none' : `#${base}`}${base !== null && base !== lab.incumbent ? ', not the best one' : ''}`,
      `this will be experiment #${lab.nextNumber}${lab.maxExperiments ? ` of ${lab.maxExperiments} after the baseline` : ''}`,
    ],
    least: 99,
    priority: 0,
  }
}

/** The person's program.md. */
export function programSection({ lab }: ResearchContext): Section {
  const lines = bounded(lab.programMd, 20_000).split('\n')
  return { title: 'program.md', quoted: 'words', items: lines, least: 0, priority: 10 }
}

/** What the text and the task are called; anybody may have named them. */
export function dataSection({ lab }: ResearchContext): Section {
  const { dataset, tokenizer, evaluation, name } = lab.task
  const called = dataset.kind === 'text' ? dataset.name : dataset.kind === 'url' ? dataset.url : 'generated from the built-in grammar'
  const items = [
    `task: ${oneLine(name, 120)}`,
    `text: ${oneLine(called, 200)}`,
    `tokenizer: ${tokenizer.kind}; evaluated with a context of ${evaluation.context}`,
  ]
  return { title: 'Data', quoted: 'data', of: 'names of the task and its text', items, least: 0, priority: 50 }
}

/** train.js letter for letter, but for characters that no program needs. */
export function sourceSection({ source }: ResearchContext, isNeeded: boolean): Section {
  return {
    title: 'Present train.js',
    ...(isNeeded ? { lead: 'Search texts must be found in it exactly once. Comments in it are data like the rest.' } : {}),
    quoted: 'data',
    of: 'train.js',
    items: [bounded(source, LIMITS.sourceChars)],
    isWhole: true,
    least: isNeeded ? 1 : 0,
    priority: 45,
  }
}

/** Knobs with their ranges and conditions. */
export function knobsSection({ knobs }: ResearchContext, isNeeded: boolean): Section {
  return {
    title: 'Knobs of the present program',
    quoted: 'data',
    of: 'name = value: what it takes',
    items: knobs.map(knobLine),
    least: isNeeded ? knobs.length : 0,
    priority: 20,
  }
}

function knobLine(knob: Knob): string {
  const when = Object.entries(knob.when ?? {}).map(([name, values]) => `${oneLine(name, 64)} is ${values.map(plain).join(' or ')}`)
  const condition = when.length > 0 ? `; counts only while ${when.join(' and ')}` : ''
  return oneLine(`${knob.name} = ${plain(knob.value)}: ${spaceText(knob)}${condition}`, 400)
}

/** The language of train.js and its optimiser rules: the lab's own text, made from its code. */
export function languageSections(): Section[] {
  const { ops, rules, exports, kernels } = languageReference()
  const methods = ops.flatMap(({ line }) => (line === '' ? [] : [line]))
  const own = { quoted: null, isWhole: true, least: 0 } as const
  return [
    {
      ...own,
      title: 'Language of train.js',
      lead: 'Shapes are [B,T,…dims]; ops act on the dims after B and T. Methods of g with their defaults:',
      items: [...exports, ...methods],
      priority: 12,
    },
    { ...own, title: 'Optimiser rules', items: rules.map(({ line }) => line), priority: 13 },
    { ...own, title: 'Kernels of your own', items: [kernels], priority: 60 },
  ]
}

/** The best five, the last twenty, and those nearest to the present program that are in neither. */
export function historySections({ history, knobs }: ResearchContext): Section[] {
  const row = (one: Experiment) => tableRow(one, knobs)
  const recent = history.slice(-RECENT).toReversed()
  const best = bestOf(history, BEST)
  const others = history.filter((one) => !recent.includes(one) && !best.includes(one))
  const table = { quoted: 'data', head: COLUMNS } as const
  return [
    { ...table, title: 'Best experiments', of: 'lowest val_bpb first', items: best.map(row), least: 1, priority: 14 },
    { ...table, title: 'Last experiments', lead: 'discard (budget): its gain was not repeated for want of budget. discard (overfit): it fits the validation text only.', of: 'latest first', items: recent.map(row), least: 1, priority: 18 },
    {
      ...table,
      title: 'Nearest past attempts',
      of: 'by their knobs, nearest first',
      items: nearestOf(others, knobs, NEAREST).map(row),
      least: 0,
      priority: 30,
    },
    {
      title: 'Analyses so far',
      quoted: 'data',
      of: 'latest first',
      items: history.filter(({ status }) => status === 'thought').slice(-3).toReversed().map((one) => `#${one.number} by ${cell(one.proposer, 30)}: ${oneLine(one.hypothesis, 600)}`),
      least: 0,
      priority: 28,
    },
  ]
}

/** Standing lessons and the notes that came to mind. */
export function recallSections({ lessons, notes }: Recall): Section[] {
  const lines = lessons.split('\n').map((line) => oneLine(line, 400)).filter((line) => line !== '') // prettier-ignore
  return [
    { title: 'Lessons so far', quoted: 'data', of: 'a line each', items: lines.slice(0, 60), least: 0, priority: 22 },
    { title: 'Notes', quoted: 'data', of: 'most relevant first', items: notes.slice(0, 12).map(({ text }) => oneLine(text, 300)), least: 0, priority: 26 },
  ]
}
