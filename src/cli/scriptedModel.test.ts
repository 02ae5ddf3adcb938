import { expect, test } from 'vitest'
import { createResearcher } from '../research/controllers/researcher'
import { researchContext } from '../research/context'
import { attempt, BASELINE, labOf } from '../research/memory/testing'
import { createModelClient } from '../research/models/client'
import { readResearcherSpec } from '../research/models/spec'
import { createSpending } from '../research/models/spending'
import { startScriptedServer } from '../research/models/testing/scriptedServer'
import { WAYS } from '../research/testing'
import { defaultProgram } from '../sandbox/defaultProgram'
import { findKnobs } from '../sandbox/knobs'
import { answerTo } from './scriptedModel'

test('asked over the wire by the researcher of a lab, it proposes the first move that has not been tried', async () => {
  const server = await startScriptedServer((asked) => answerTo(asked))
  try {
    const spec = readResearcherSpec({
      model: { provider: 'compatible', model: 'scripted', address: server.address },
      edits: 'knobs', ratio: 0.2, sampler: 'random', standIn: null, caps: { requests: null, tokens: null, usd: null },
    }) // prettier-ignore
    const client = createModelClient(spec.model, { keys: { key: async () => null }, spending: createSpending(spec.caps), page: null })
    const researcher = createResearcher('model', spec, client)
    const source = defaultProgram('software')
    const START = Object.fromEntries(findKnobs(source).map(({ name, value }) => [name, value]))
    const baseline = { ...BASELINE, knobs: START }
    const propose = (rows = [baseline]) => researcher.propose(researchContext(labOf(), rows, source, WAYS, 0))
    expect(await propose()).toMatchObject({ description: 'TOKEN_MIX none → conv', category: 'attention', proposer: expect.stringContaining('scripted') })
    const tried = { ...attempt(1, {}, 0.01), knobs: { ...START, TOKEN_MIX: 'conv' }, description: 'TOKEN_MIX none → conv' }
    const second = await propose([baseline, tried])
    expect(second.description).toBe('MATRIX_LR 0.04 → 0.06')
    expect(findKnobs(second.source).find(({ name }) => name === 'MATRIX_LR')?.value).toBe(0.06)
  } finally {
    await server.close()
  }
})

test('moves stay within the ranges that it is told, and what it cannot move it leaves', () => {
  const ask = (prompt: string) => JSON.parse(answerTo({ schema: null, prompt })) as { edit: { values: { name: string; value: unknown }[] } }
  expect(ask('ROWS = 1: a power of two from 1 to 64\nWIDTH = 64: a whole number from 32 to 70').edit.values).toEqual([{ name: 'WIDTH', value: 70 }])
  expect(ask('MATRIX_LR = 0.4: a number on a log scale from 0.002 to 0.4').edit.values).toEqual([{ name: 'MATRIX_LR', value: 0.268 }])
})
