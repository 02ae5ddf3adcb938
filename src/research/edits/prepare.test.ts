import { describe, expect, it } from 'vitest'
import { LabError } from '../../core/errors'
import { sha256 } from '../../core/hash'
import { experimentFixture } from '../../history/fixtures'
import type { Experiment } from '../../history/types'
import type { Feasibility } from '../types'
import { prepareEdit } from './prepare'

const SOURCE = 'const A = knob(1, { int: [1, 9] })\n'
const toTwo = { form: 'knobs' as const, values: [{ name: 'A', value: 2 }] }
const fits: Feasibility = { paramCount: 5, predictedBytes: 1, allowedBytes: 2 }

function context(change: { history?: Experiment[]; check?: (source: string) => Promise<Feasibility> }) {
  return { source: SOURCE, history: [], check: async () => fits, ...change }
}
const codeOf = (work: Promise<unknown>) => work.then(() => null, (thrown: unknown) => LabError.from(thrown).code)

describe('prepareEdit', () => {
  it('gives the program that was checked', async () => {
    const checked: string[] = []
    const check = async (source: string) => {
      checked.push(source)
      return fits
    }
    const prepared = await prepareEdit(context({ check }), toTwo)
    expect(prepared).toEqual({ source: 'const A = knob(2, { int: [1, 9] })\n', feasibility: fits })
    expect(checked).toEqual([prepared.source])
  })

  it('refuses what was tried before asking the box, but not what was only cut off', async () => {
    const programHash = await sha256('const A = knob(2, { int: [1, 9] })\n')
    const check = () => Promise.reject(new Error('asked'))
    const tried = experimentFixture('l', 4, { programHash })
    await expect(prepareEdit(context({ history: [tried], check }), toTwo)).rejects.toMatchObject({
      code: 'program.duplicate',
      message: 'This is the program of experiment 4, letter for letter.',
    })
    const cut = { ...tried, status: 'crash' as const, error: new LabError('lab.state', 'stopped').toJSON() }
    expect(await codeOf(prepareEdit(context({ history: [cut] }), toTwo))).toBeNull()
  })

  it('passes on what the box says, and refuses what would not fit', async () => {
    const broken = new LabError('program.graph', 'train.js line 1: no model')
    await expect(prepareEdit(context({ check: () => Promise.reject(broken) }), toTwo)).rejects.toBe(broken)
    const check = async () => ({ paramCount: 1, predictedBytes: 3 * 2 ** 20, allowedBytes: 2 ** 20 })
    await expect(prepareEdit(context({ check }), toTwo)).rejects.toMatchObject({
      code: 'program.memory',
      message: 'A run would need 3 MB; 1 MB are allowed.',
    })
  })
})
