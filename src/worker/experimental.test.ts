import { expect, it } from 'vitest'
import { isExperimental, nameOf } from './experimental'

it('the wish for matrix units goes from the address to the trainer, and only if it was made', () => {
  const trainer = (search: string) => isExperimental(nameOf('trainer', nameOf('lab', search)))
  expect(trainer('?x=1&experimental=subgroup-matrix')).toBe(true)
  expect(trainer('')).toBe(false)
  expect(nameOf('lab', '?experimental=other')).toBe('lab')
})
