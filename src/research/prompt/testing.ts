// A record to write prompts about, and prompts taken apart again.

import { LabError } from '../../core/errors'
import { Rng } from '../../core/rng'
import { experimentFixture } from '../../history/fixtures'
import type { Experiment } from '../../history/types'
import { findKnobs } from '../../sandbox/knobs'
import { PROGRAM, scriptedLab, WAYS } from '../testing'
import type { ResearchContext } from '../types'

/** A lab after a baseline and `count` discards; `said` stands wherever somebody else's words can stand. */
export function promptContext(count = 30, said = 'plain words'): ResearchContext {
  const lab = scriptedLab({ incumbent: 0, sigmaBpb: 0.004, nextNumber: count + 1, programMd: `# Goal\n${said}\n` })
  const source = `${PROGRAM}// ${said.replace(/[\n\r\u2028\u2029]/g, ' ')}\n`
  const rows = Array.from({ length: count + 1 }, (_, i) => rowFixture(i, said))
  return {
    ...WAYS,
    lab: { ...lab, papers: [{ name: said, text: said }], task: { ...lab.task, name: said, dataset: { kind: 'text', name: said, sha256: '' } } },
    source,
    knobs: findKnobs(PROGRAM),
    history: rows,
    rng: new Rng(1),
    guidance: {
      mode: 'explore',
      reason: said,
      orders: [
        { kind: 'idea', text: `From the paper "${said}": ${said}` },
        { kind: 'note', text: said },
      ],
    },
    recall: { lessons: `${said}\n${said}`, notes: [{ about: 1, text: said, importance: 0.5 }] },
  }
}

function rowFixture(number: number, said: string): Experiment {
  const failed = number % 7 === 6
  const error = new LabError('program.graph', said, { hint: said }).toJSON()
  return experimentFixture('lab-1', number, {
    status: number === 0 ? 'baseline' : failed ? 'crash' : number % 9 === 8 ? 'thought' : 'discard',
    proposer: said,
    hypothesis: said,
    description: said,
    category: said,
    reason: said,
    reflection: said,
    valBpb: failed ? null : 2 + (number % 5) / 100,
    deltaBpb: failed ? null : 0.01,
    knobs: { DEPTH: 3 + (number % 4), ACTIVATION: said, [said]: said },
    ...(failed ? { error } : {}),
  })
}

export interface Parts {
  /** what stands outside of quotations, line by line */
  top: string[]
  quotations: { head: string; body: string }[]
}

/** Takes a prompt apart; fails on anything but quotations that open, close and do not nest. */
export function partsOf(prompt: string): Parts {
  const top: string[] = []
  const quotations: Parts['quotations'] = []
  let open: { head: string; body: string[] } | null = null
  for (const line of prompt.split('\n')) {
    if (open && line === '⟦end⟧') {
      quotations.push({ head: open.head, body: open.body.join('\n') })
      open = null
    } else if (/[⟦⟧]/.test(line)) {
      const head = /^⟦((?:data|words): [^⟦⟧]+)⟧$/.exec(line)?.[1]
      if (open || head === undefined) throw new Error(`a line of a quotation that is none of ours: ${line}`)
      open = { head, body: [] }
    } else if (open) open.body.push(line)
    else top.push(line)
  }
  if (open) throw new Error('a quotation is not closed')
  return { top, quotations }
}
