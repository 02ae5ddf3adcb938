import { expect, it } from 'vitest'
import { isExperimental, nameOf, threadsAsked } from './experimental'

it('the wish for matrix units goes from the address to the trainer, and only if it was made', () => {
  const trainer = (search: string) => isExperimental(nameOf('trainer', nameOf('lab', search)))
  expect(trainer('?x=1&experimental=subgroup-matrix')).toBe(true)
  expect(trainer('')).toBe(false)
  expect(nameOf('lab', '?experimental=other')).toBe('lab')
})

it('so does the number of threads', () => {
  const trainer = (search: string) => nameOf('trainer', nameOf('lab', search))
  expect(threadsAsked(trainer('?threads=3'))).toBe(3)
  expect(threadsAsked(trainer('?experimental=subgroup-matrix&threads=12'))).toBe(12)
  expect(isExperimental(trainer('?threads=3&experimental=subgroup-matrix'))).toBe(true)
  for (const search of ['', '?threads=0', '?threads=many', '?threads=1000']) expect(threadsAsked(trainer(search))).toBeNull()
})
