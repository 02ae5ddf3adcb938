import { describe, expect, it } from 'vitest'
import { choosePrecision, worthTrying } from './precision'
import { precisionKey } from './table'

describe('the choice of precision', () => {
  const full = { stepMs: 10, losses: [5, 4.9, 4.8] }

  it('takes f16 for a tenth of the time, not for less', () => {
    expect(choosePrecision(full, { ...full, stepMs: 8.9 })).toBe('f16')
    expect(choosePrecision(full, { ...full, stepMs: 9.1 })).toBe('f32')
  })

  it('never takes f16 that trains otherwise, overflows, or lost a step', () => {
    expect(choosePrecision(full, { stepMs: 1, losses: [5, 4.9, 4.89] })).toBe('f16')
    expect(choosePrecision(full, { stepMs: 1, losses: [5, 4.9, 4.6] })).toBe('f32')
    expect(choosePrecision(full, { stepMs: 1, losses: [5, NaN, 4.8] })).toBe('f32')
    expect(choosePrecision(full, { stepMs: 1, losses: [5, 4.9] })).toBe('f32')
  })

  it('is shared by programs of about the same arithmetic', () => {
    expect(precisionKey(2.8e9)).toBe(precisionKey(3.5e9))
    expect(precisionKey(2.8e9)).not.toBe(precisionKey(2.8e11))
  })

  it('is not worth trying without f16 and on software', () => {
    expect(worthTrying({ f16: true, software: false })).toBe(true)
    expect(worthTrying({ f16: false, software: false })).toBe(false)
    expect(worthTrying({ f16: true, software: true })).toBe(false)
  })
})
