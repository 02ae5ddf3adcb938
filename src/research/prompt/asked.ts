// What the lab asks beyond "propose something": its own constant sentences at top level; whatever else was said about
// it (figures, descriptions of experiments, an excerpt of a paper, the person's note) in quotations below.

import type { LabRecord } from '../../history/types'
import type { Guidance, Mode, OrderKind } from '../guide/types'
import type { Section } from './fit'
import { bounded, oneLine } from './quote'

const MODES: Record<Mode, string> = {
  explore: 'Mode: explore. Try a kind of change that has been tried little.',
  exploit: 'Mode: exploit. Go on where changes have paid, in small steps.',
  combine: 'Mode: combine. Put together changes that each nearly paid.',
  ablate: 'Mode: ablate. Take something out, to see whether it helps at all.',
}

const ORDERS: Record<OrderKind, string> = {
  review: 'Order, review: write down what the last discards teach, before anything else is run. Answer with the form thought where it is offered; otherwise say it in the hypothesis.',
  fork: 'Order, fork: the present program is not the best one. Go another way from here.',
  invert: 'Order, invert: name one core assumption of the program, and turn it round.',
  shrink: 'Order, shrink: the last programs failed. Propose one of about half the size in what fails.',
  quota: 'Order, quota: choose another category than that of the last experiments.',
  novelty: 'Order, novelty: what came last was tried before, or almost. Propose something clearly different.',
  idea: 'Order, idea: try the quoted idea, if it bears on the task; adapt it to the language of train.js.',
  combine: 'Order, combine: put the quoted near misses together.',
  ablate: 'Order, ablate: take the quoted change out again, and nothing else.',
  note: 'Order, note: the person whose lab this is says the quoted words. Follow them in what you propose.',
}

/** Sections of the guidance: never cut, because each is bounded. */
export function askedSections({ mode, reason, orders }: Guidance): Section[] {
  const told = orders.slice(0, 8)
  const own: Section = {
    title: 'What is asked now',
    quoted: null,
    items: [MODES[mode], ...told.map(({ kind }) => ORDERS[kind])],
    least: 99,
    priority: 0,
  }
  const data = told.filter(({ kind, text }) => kind !== 'note' && text.trim() !== '')
  const behind = [...(reason ? [`mode: ${oneLine(reason, 300)}`] : []), ...data.map(({ kind, text }) => `${kind}: ${oneLine(text, 900)}`)]
  const words = told.filter(({ kind }) => kind === 'note').map(({ text }) => bounded(text, 2000))
  return [
    own,
    { title: 'What is behind it', quoted: 'data', of: 'from the record, the idea deck or a paper', items: behind, least: 99, priority: 0 },
    { title: 'Note of the person', quoted: 'words', items: words, least: 99, priority: 0 },
  ]
}

/** The paper that an order hands over: what the person gave of it, as data. */
export function paperSection({ orders }: Guidance, { papers = [] }: Pick<LabRecord, 'papers'>): Section {
  const ideas = orders.filter(({ kind }) => kind === 'idea')
  const paper = papers.find(({ name }) => name !== '' && ideas.some(({ text }) => text.includes(`"${name}"`)))
  return {
    title: 'Paper',
    lead: 'Take one idea from it that fits this program.',
    quoted: 'data',
    of: 'what the person gave of a paper',
    items: paper ? [oneLine(paper.name, 200), ...bounded(paper.text, 24_000).split('\n')] : [],
    least: 0,
    priority: 24,
  }
}
