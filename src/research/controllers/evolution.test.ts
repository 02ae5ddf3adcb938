import { expect, test } from 'vitest'
import { LabError } from '../../core/errors'
import { experimentFixture } from '../../history/fixtures'
import { findKnobs } from '../../sandbox/knobs'
import { researchContext } from '../context'
import { PROGRAM, scriptedLab, WAYS } from '../testing'
import { createEvolution } from './evolution'

test('where what pays most does not fit into memory, it proposes what does', async () => {
  const start = Object.fromEntries(findKnobs(PROGRAM).map(({ name, value }) => [name, value]))
  const row = (number: number, width: number, bpb: number) =>
    experimentFixture('lab-1', number, {
      status: number === 0 ? 'baseline' : 'discard', parentNumber: number === 0 ? null : 0, knobs: { ...start, WIDTH: width },
      scores: [bpb], valBpb: bpb, deltaBpb: number === 0 ? null : bpb - 2, category: 'width',
    }) // prettier-ignore
  // all that was ever moved is the width, and the wider the better
  const history = [row(0, 64, 2), ...Array.from({ length: 12 }, (_, i) => row(i + 1, 80 + 50 * i, 1.9 - 0.05 * i))]
  for (let nextNumber = 13; nextNumber < 33; nextNumber++) {
    const widths: number[] = []
    const check = async (source: string) => {
      const width = Number(findKnobs(source).find(({ name }) => name === 'WIDTH')?.value)
      widths.push(width)
      if (width > 64) throw new LabError('program.memory', 'Too big.')
      return { paramCount: 1, predictedBytes: 1, allowedBytes: 2 }
    }
    const lab = scriptedLab({ nextNumber, incumbent: 0, sigmaBpb: 0.002 })
    await createEvolution().propose(researchContext(lab, history, PROGRAM, { ...WAYS, check }, 0))
    expect(widths.at(-1)).toBeLessThanOrEqual(64)
    // long before it would move just anything
    expect(widths.length).toBeLessThan(20)
  }
})
