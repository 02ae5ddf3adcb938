import { describe, expect, it } from 'vitest'
import { LabError } from '../../core/errors'
import { experimentFixture } from '../../history/fixtures'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { findKnobs } from '../../sandbox/knobs'
import { estimateTokens } from '../prompt/tokens'
import { scriptedLab } from '../testing'
import type { Controller } from '../types'
import { createHybrid, isModelTrial, type HybridParts } from './hybrid'
import { createController } from './registry'
import { modelContext, reply, scriptedClient, setKnob } from './testingModel'

const at = (number: number) => ({ lab: scriptedLab({ incumbent: 0, nextNumber: number }) })
const modelTrials = (ratio: number) =>
  Array.from({ length: 30 }, (_, i) => i + 1).filter((number) => isModelTrial(modelContext(at(number)), ratio))

const baseline = experimentFixture('lab-1', 0, { status: 'baseline', proposer: 'baseline', parentNumber: null, knobs: { DEPTH: 3 } })
const context = (number: number) => modelContext({ ...at(number), history: [baseline] })
const parts = (answers: (string | Error)[], change: Partial<HybridParts> = {}) => {
  const client = scriptedClient(answers)
  return { client, hybrid: createHybrid({ client, sampler: createController('cma-es'), standIn: null, edits: 'knobs', ratio: 0.2, ...change }) }
}
const offline = new LabError('controller.offline', 'no connection')

describe('whose trial it is', () => {
  it('follows from its number: ten of the sampler, then every k-th of the model', () => {
    expect(modelTrials(0.2)).toEqual([15, 20, 25, 30])
    expect(modelTrials(0.3)).toEqual([13, 16, 19, 22, 25, 28])
    expect(modelTrials(0.5)).toEqual([12, 14, 16, 18, 20, 22, 24, 26, 28, 30])
    expect(modelTrials(0)).toEqual([])
  })

  it('is the model’s where the person left a note', () => {
    const guidance = { mode: 'explore' as const, reason: '', orders: [{ kind: 'note' as const, text: 'wider' }] }
    expect(isModelTrial({ ...context(3), guidance }, 0.2)).toBe(true)
    expect(isModelTrial({ ...context(3), guidance }, 0)).toBe(false)
  })
})

describe('a trial', () => {
  it('of the sampler is the sampler’s, and no model is asked', async () => {
    const { client, hybrid } = parts([offline])
    expect((await hybrid.propose(context(3))).proposer).toBe('cma-es')
    expect(client.asked).toEqual([])
  })

  it('of the model shows what the sampler holds, and the answer overrides', async () => {
    const { client, hybrid } = parts([reply(setKnob('DEPTH', 7))])
    const own = await createController('cma-es').propose(context(15))
    const proposal = await hybrid.propose(context(15))
    expect(proposal).toMatchObject({ proposer: 'scripted', description: 'DEPTH 3 → 7' })
    const { prompt } = client.asked[0]
    for (const text of ['sigma 0.', 'mean DEPTH=3', 'choice ACTIVATION: ', 'MATRIX_LR: ', 'its own suggestion now: ']) expect(prompt).toContain(text)
    const [knob] = own.description.split(' ')
    expect(prompt.split('its own suggestion now: ')[1].split('\n')[0]).toContain(knob)
  })

  it('fits a small model: the default program’s knobs and the sampler’s suggestion in 4096 tokens, answer and repair included', async () => {
    const source = defaultProgram('software')
    const client = scriptedClient([reply(setKnob('DEPTH', 7))], 4096)
    const hybrid = createHybrid({ client, sampler: createController('cma-es'), standIn: null, edits: 'knobs', ratio: 0.2 })
    expect(await hybrid.propose({ ...context(15), source, knobs: findKnobs(source) })).toMatchObject({ proposer: 'scripted' })
    const [{ system, prompt, maxOutputTokens }] = client.asked
    expect(estimateTokens(system) + estimateTokens(prompt) + 2 * maxOutputTokens).toBeLessThanOrEqual(4096)
    expect(prompt).toContain('its own suggestion now: ')
  })

  it('is the same after a restart', async () => {
    const once = await parts([]).hybrid.propose(context(4))
    expect(await parts([]).hybrid.propose(context(4))).toEqual(once)
  })
})

describe('when the model cannot be reached', () => {
  it('the lab waits', async () => {
    await expect(parts([offline]).hybrid.propose(context(15))).rejects.toBe(offline)
  })

  it('the sampler stands in under its own name, drawing once, where the person said so', async () => {
    let draws = 0
    const sampler = createController('cma-es')
    const counted: Controller = { ...sampler, propose: (given) => (draws++, sampler.propose(given)) }
    const { hybrid } = parts([offline], { sampler: counted, standIn: createController('cma-es') })
    const proposal = await hybrid.propose(context(15))
    expect(proposal.proposer).toBe('cma-es')
    expect(proposal.hypothesis).toContain('scripted could not be reached (controller.offline), so cma-es proposed: ')
    expect(draws).toBe(1)
    const other = parts([offline], { standIn: createController('random') })
    expect((await other.hybrid.propose(context(15))).proposer).toBe('random')
  })
})
