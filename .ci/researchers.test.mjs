// The page describes researchers in its own words, and may not import them: that both mean the same ones is seen here.

import { expect, test } from 'vitest'
import { CONTROLLER_NAMES, createController } from '../src/research/controllers/registry'
import { MODEL_RESEARCHERS } from '../src/research/controllers/researcher'
import { PROVIDERS } from '../src/research/models/providers'
import { readResearcherSpec } from '../src/research/models/spec'
import * as page from '../src/ui/state/researchers'

test('the page offers every researcher there is, the default first, each in one sentence', () => {
  expect(page.BUILT_IN.map(({ name }) => name)).toEqual(CONTROLLER_NAMES)
  expect(new Set(page.BUILT_IN.map(({ label }) => label)).size).toBe(CONTROLLER_NAMES.length)
  for (const { about } of page.BUILT_IN) expect(about).toMatch(/^[A-Z][^.]+\.$/)
})

test('and every provider of models; a chat by hand is a choice of its own', () => {
  expect(Object.keys(page.PROVIDERS)).toEqual(PROVIDERS.filter((name) => name !== 'paste'))
})

test('whatever is chosen there can be had', () => {
  const named = { ...page.DEFAULT_SPEC, model: { provider: 'anthropic', model: 'some-model' } }
  for (const { value } of page.KINDS) {
    const { controller, researcher } = page.ofKind(value, named)
    expect([...CONTROLLER_NAMES, ...MODEL_RESEARCHERS, 'human']).toContain(controller)
    if (researcher) expect(readResearcherSpec(researcher)).toEqual(researcher)
  }
  for (const { value } of page.SHARES) expect(MODEL_RESEARCHERS).toContain(page.withShare(named, value).controller)
  for (const { name } of page.SAMPLERS) expect(createController(name).name).toBe(name)
  expect(page.SAMPLERS.map(({ name }) => name)).toContain(page.DEFAULT_SPEC.sampler)
})
