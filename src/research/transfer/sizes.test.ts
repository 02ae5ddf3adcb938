import { describe, expect, test } from 'vitest'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { findKnobs, setKnobs } from '../../sandbox/knobs'
import { scaleSizes, sizeKnobs } from './sizes'

const knob = (name: string, value: number, space: string) => `const ${name} = knob(${value}, { ${space} })\n`
const values = (source: string) => Object.fromEntries(findKnobs(source).map(({ name, value }) => [name, value]))

describe('size knobs', () => {
  test('are those that are named for a size, and no ratios, rates or reaches', () => {
    const sizes = ['WIDTH', 'dModel', 'N_EMBD', 'MLP_DIM', 'DEPTH', 'nLayers', 'HEADS', 'KV_HEADS', 'MODEL_WIDTH']
    const others = ['HEAD_DIM', 'MLP_RATIO', 'EMBEDDING_LR', 'CONV_WIDTH', 'ASPECT_RATIO', 'HEAD_LR', 'WIDTH_MULT', 'ROWS', 'CONTEXT', 'EXPANSION']
    const source = [...sizes, ...others].map((name) => knob(name, 4, 'int: [1, 999]')).join('')
    expect(sizeKnobs(source).map(({ name }) => name)).toEqual(sizes)
    expect(sizeKnobs(defaultProgram('software')).map(({ name }) => name)).toEqual(['DEPTH', 'WIDTH'])
  })

  test('grow by one factor, so that a change that was kept stays visible as a ratio', () => {
    const baseline = defaultProgram('software')
    const best = setKnobs(baseline, { WIDTH: 96, MATRIX_LR: 0.08 })
    const [before, after] = [scaleSizes(baseline, 2), scaleSizes(best, 2)]
    if (!('source' in before) || !('source' in after)) throw new Error('they can be scaled')
    expect(values(before.source)).toMatchObject({ WIDTH: 128, DEPTH: 6, MATRIX_LR: 0.04, HEAD_DIM: 32 })
    expect(values(after.source)).toMatchObject({ WIDTH: 192, DEPTH: 6, MATRIX_LR: 0.08 })
    expect(after.changes).toEqual([{ name: 'DEPTH', from: 3, to: 6 }, { name: 'WIDTH', from: 96, to: 192 }]) // prettier-ignore
    // nothing else is touched
    expect(setKnobs(after.source, { WIDTH: 64, DEPTH: 3, MATRIX_LR: 0.04 })).toBe(baseline)
  })

  test('say what stands in the way', () => {
    const obstacle = (source: string, factor: number) => expect(scaleSizes(source, factor)).toMatchObject({ obstacle: expect.any(String) })
    obstacle(knob('LR', 1, 'log: [0.1, 10]'), 2)
    obstacle(knob('WIDTH', 512, 'int: [32, 768]'), 2)
    obstacle(knob('DEPTH', 1, 'int: [1, 12]'), 1.25)
    obstacle(knob('WIDTH', 64, 'oneOf: [64, 96]'), 2)
    expect(scaleSizes(knob('WIDTH', 64, 'oneOf: [64, 96]'), 1.5)).toMatchObject({ changes: [{ to: 96 }] })
  })
})
