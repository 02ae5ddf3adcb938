import { expect, it } from 'vitest'
import type { AdapterInfo } from '../judge/types'
import type { LabSettings } from '../worker/protocol'
import { defaultBudget, labSnapshot, newLab } from './newLab'

const settings: LabSettings = {
  name: 'Tiny Plays',
  dataset: { kind: 'grammar', seed: 1, bytes: 1000 },
  tokenizer: { kind: 'bytes' },
  budget: { kind: 'seconds', amount: 30 },
  keepRule: { kind: 'measured', repeats: 3, floorBpb: 0 },
  controller: 'evolution',
  maxExperiments: 5,
  seed: 9,
  programMd: '# Research\n',
  trainJs: 'export const batch = {}\n',
}
const adapter = { tier: 'software' } as AdapterInfo

it('freezes what was chosen into task.json', () => {
  const lab = newLab(settings, { labId: 'x', now: Date.UTC(2026, 0, 2), adapter, floorBpb: 1.1 })
  expect(lab.branch).toBe('autoresearch/tiny-plays-2026-01-02')
  expect(lab).toMatchObject({ incumbent: null, nextNumber: 0, phase: 'new', maxExperiments: 5, floorBpb: 1.1 })
  expect(JSON.parse(labSnapshot(lab)['task.json'])).toEqual(lab.task)
  expect(lab.task).toMatchObject({ budget: settings.budget, seed: 9, keepRule: settings.keepRule })
  const bounded = newLab({ ...settings, maxBytes: 5e7 }, { labId: 'x', now: 0, adapter, floorBpb: 1.1 })
  expect(bounded.task.guards).toEqual({ ...lab.task.guards, maxBytes: 5e7 })
})

it('leaves every run more time than its budget', () => {
  for (const tier of ['software', 'integrated', 'discrete'] as const) {
    const budget = defaultBudget(tier)
    const lab = newLab({ ...settings, budget }, { labId: 'x', now: 0, adapter: { ...adapter, tier }, floorBpb: null })
    expect(lab.task.guards.maxWallSeconds).toBeGreaterThan(budget.amount + 60)
  }
})
