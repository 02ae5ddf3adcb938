// What the hybrid's model sees of the sampler: where its distribution is, how wide, how the knobs go together, and what
// it would try itself.

import type { Knob } from '../../sandbox/contract'
import type { Section } from './fit'
import { oneLine } from './quote'
import { plain } from './table'

/** A sampler's state in knobs; what a sampler does not have is null. */
export interface SamplerView {
  /** 'cma-es' */
  name: string
  /** step size on the unit interval of every knob's own scale */
  sigma: number | null
  /** centre of what it would draw, as values of the numeric knobs */
  mean: Record<string, Knob['value']> | null
  /** over the numeric knobs on their unit intervals; σ² times this is the covariance of what is drawn */
  covariance: { labels: string[]; rows: number[][] } | null
  /** share of each option that it would draw, by choice */
  choices: Record<string, Record<string, number>> | null
}

/** Sections of the sampler. @param suggestion what it would change now, in its own words, with its new values */
export function samplerSections(view: SamplerView, suggestion: { text: string; values: Record<string, Knob['value']> }): Section[] {
  const facts = [
    `its own suggestion now: ${settings(suggestion.values) || oneLine(suggestion.text, 400)}`,
    ...(view.sigma === null ? [] : [`sigma ${view.sigma.toPrecision(3)}`]),
    ...(view.mean === null ? [] : [`mean ${settings(view.mean)}`]),
    ...(view.choices === null ? [] : Object.entries(view.choices).map(([name, shares]) => `choice ${oneLine(name, 64)}: ${sharesText(shares)}`)),
  ]
  return [
    {
      title: 'Sampler',
      lead:
        'A sampler proposes the other experiments; your answer takes the place of its suggestion. Where sigma is small, it ' +
        'has settled: refine near its mean. Where it is large, it knows little: use what you know. Differ from it where ' +
        'you see what it cannot, such as the edge of memory.',
      quoted: 'data',
      of: 'state of the sampler',
      items: facts,
      least: 2,
      priority: 15,
    },
    ...(view.covariance ? [covarianceSection(view.covariance)] : []),
  ]
}

function settings(values: Record<string, Knob['value']>): string {
  return Object.entries(values).map(([name, value]) => `${oneLine(name, 64)}=${oneLine(plain(value), 60)}`).join(' ') // prettier-ignore
}

function sharesText(shares: Record<string, number>): string {
  return Object.entries(shares).map(([option, share]) => `${oneLine(option, 60)} ${share.toFixed(2)}`).join(', ') // prettier-ignore
}

/** Lower triangle, one labelled row a knob; the rows of the widest knobs first, so that a cut leaves out the narrow ones. */
function covarianceSection({ labels, rows }: NonNullable<SamplerView['covariance']>): Section {
  const order = labels.map((_, i) => i).toSorted((a, b) => rows[b][b] - rows[a][a] || a - b)
  const items = order.map((i, at) => {
    const shared = order.slice(0, at + 1).map((j) => `${oneLine(labels[j], 64)} ${Number(rows[i][j].toPrecision(2))}`)
    return `${oneLine(labels[i], 64)}: ${shared.reverse().join(', ')}`
  })
  return {
    title: 'Covariance of the sampler',
    lead: 'Over the numeric knobs, each from 0 to 1 on its own scale; sigma squared times this is the covariance of a draw.',
    quoted: 'data',
    of: 'lower triangle of a symmetric matrix',
    items,
    least: 0,
    priority: 40,
  }
}
