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
const CHANGED = 'const A = knob(2, { int: [1, 9] })\n'

describe('prepareEdit', () => {
  it('gives the program that was checked', async () => {
    const checked: string[] = []
    const check = async (source: string) => {
      checked.push(source)
      return fits
    }
    expect(await prepareEdit(context({ check }), toTwo)).toEqual({ source: CHANGED, refusal: null })
    expect(checked).toEqual([CHANGED])
  })

  it('knows what was tried before asking the box, but lets what was cut off or only thought of be tried', async () => {
    const check = () => Promise.reject(new Error('asked'))
    const tried = experimentFixture('l', 4, { programHash: await sha256(CHANGED) })
    const { refusal } = await prepareEdit(context({ history: [tried], check }), toTwo)
    expect(refusal).toMatchObject({ code: 'program.duplicate', message: 'This is the program of experiment 4, letter for letter.' })
    const cut = { ...tried, status: 'crash' as const, error: new LabError('lab.state', 'stopped').toJSON() }
    const thought = { ...tried, status: 'thought' as const }
    expect((await prepareEdit(context({ history: [cut, thought] }), toTwo)).refusal).toBeNull()
  })

  it('says what the box says, and passes on what is no fault of the program', async () => {
    const broken = new LabError('program.memory', 'too big')
    expect(await prepareEdit(context({ check: () => Promise.reject(broken) }), toTwo)).toEqual({ source: CHANGED, refusal: broken })
    await expect(prepareEdit(context({ check: () => Promise.reject(new LabError('gpu.lost', 'gone')) }), toTwo)).rejects.toMatchObject({ code: 'gpu.lost' })
    await expect(prepareEdit(context({}), { ...toTwo, values: [{ name: 'B', value: 1 }] })).rejects.toMatchObject({ code: 'controller.badReply' })
  })
})
