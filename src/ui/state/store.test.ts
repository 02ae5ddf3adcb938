import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../actions/actions'
import { IDLE } from '../../worker/protocol'
import { createStore, INITIAL, reduce } from './store'
import type { AppState } from './store'

const OK = { ok: true, problem: null, where: '', what: '', steps: [] }
const running: AppState = {
  ...INITIAL, support: OK, labId: 'a', status: { ...IDLE, seq: 5, phase: 'running', labId: 'a', number: 3 },
}

describe('the page’s state', () => {
  it('drops a status that is older than the one it has', () => {
    const late = { ...IDLE, seq: 4, phase: 'idle' as const }
    expect(reduce(running, { kind: 'status', status: late })).toBe(running)
  })

  it('shows the worker’s lab when none is shown, and keeps the one that is', () => {
    const status = { ...IDLE, seq: 9, labId: 'b' }
    expect(reduce(INITIAL, { kind: 'status', status }).labId).toBe('b')
    expect(reduce(running, { kind: 'status', status }).labId).toBe('a')
  })

  it('forgets edits and the open experiment when another lab is shown', () => {
    const edited = { ...running, openExperiment: 2, edited: { trainJs: 'x', programMd: null } }
    const next = reduce(edited, { kind: 'show', labId: 'b' })
    expect(next.openExperiment).toBeNull()
    expect(next.edited.trainJs).toBeNull()
  })

  it('tells listeners only about changes', () => {
    const store = createStore(running)
    let told = 0
    store.subscribe(() => told++)
    store.dispatch({ kind: 'show', labId: 'a' })
    expect(told).toBe(0)
    store.dispatch({ kind: 'openExperiment', number: 1 })
    expect(told).toBe(1)
  })
})

describe('actions', () => {
  const allowed = (state: AppState) => Object.values(ACTIONS).filter((entry) => entry.enabled(state)).map((entry) => entry.id)

  it('offers what fits the phase', () => {
    expect(allowed({ ...INITIAL, support: OK })).toEqual(['start'])
    expect(allowed(running)).toEqual(['pause', 'stop'])
    expect(allowed({ ...running, status: { ...running.status, phase: 'paused' } }))
      .toEqual(['resume', 'step', 'stop', 'newLab'])
    expect(allowed({ ...running, status: { ...running.status, phase: 'stopping' } })).toEqual([])
  })

  it('commands nothing from a tab that only watches, or without WebGPU', () => {
    expect(allowed({ ...running, status: { ...running.status, watching: true } })).toEqual([])
    expect(allowed({ ...INITIAL, support: { ...OK, ok: false } })).toEqual([])
  })

  it('gives every action its own key', () => {
    const codes = Object.values(ACTIONS).map((entry) => entry.code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})
