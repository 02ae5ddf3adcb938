import { expect, it } from 'vitest'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { findKnobs } from '../../sandbox/knobs'
import { DECK } from '../guide/deck/deck'
import { CATEGORIES } from './categories'
import { categoryOf } from './knowledge'

it('are those that knobs and ideas are counted under, so that quotas mean the same whoever proposed', () => {
  const known: readonly string[] = CATEGORIES
  for (const { name } of findKnobs(defaultProgram('software'))) expect(known).toContain(categoryOf(name))
  for (const { category } of DECK) expect(known).toContain(category)
})
