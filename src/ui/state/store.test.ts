import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../actions/actions'
import { IDLE } from '../../worker/protocol'
import { createStore, INITIAL, reduce } from './store'
import type { AppState } from './store'

const adapter: AppState['adapter'] = {
  backend: 'wasm', vendor: '', architecture: 'wasm', description: '', tier: 'software',
  subgroups: false, f16: false, caps: {
    backend: 'webgpu', software: true, subgroups: false, subgroupMinSize: 0, f16: false, maxWorkgroupsPerDimension: 65535,
    maxWorkgroupStorageBytes: 16384, maxInvocationsPerWorkgroup: 256, maxStorageBuffers: 8, maxBindingBytes: 1e9, maxBufferBytes: 1e9,
  },
} // prettier-ignore
const running: AppState = {
  ...INITIAL, adapter, labId: 'a', status: { ...IDLE, seq: 5, phase: 'running', labId: 'a', number: 3 },
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
    // whoever has pressed New lab is not taken back by the last word of the lab that was left
    const left = reduce(running, { kind: 'show', labId: null })
    expect(reduce(left, { kind: 'status', status: { ...running.status, seq: 10, phase: 'idle' } }).labId).toBeNull()
    expect(reduce(left, { kind: 'status', status: { ...status, seq: 10 } }).labId).toBe('b')
  })

  it('forgets edits and the open experiment when another lab is shown', () => {
    const edited = { ...running, openExperiment: 2, edited: { trainJs: 'x', programMd: null } }
    const next = reduce(edited, { kind: 'show', labId: 'b' })
    expect(next.openExperiment).toBeNull()
    expect(next.edited.trainJs).toBeNull()
  })

  it('goes to the lab’s section when another lab is shown, and stays where it is otherwise', () => {
    const reading = reduce(running, { kind: 'view', view: 'how' })
    expect(reduce(reading, { kind: 'show', labId: 'b' }).view).toBe('lab')
    expect(reduce(reading, { kind: 'show', labId: 'a' }).view).toBe('how')
  })

  it('offers no second pause while one waits, and forgets it once the lab has paused', () => {
    const asked = reduce(running, { kind: 'pausing', pausing: true })
    expect(ACTIONS.pause.enabled(asked)).toBe(false)
    expect(ACTIONS.pause.waiting?.(asked)).toBe('Pausing…')
    const status = { ...running.status, seq: 6 }
    expect(reduce(asked, { kind: 'status', status }).pausing).toBe(true)
    expect(reduce(asked, { kind: 'status', status: { ...status, phase: 'paused' } }).pausing).toBe(false)
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

describe('what trains', () => {
  it('a choice that cannot be had leaves nothing to train on, and the next one clears the problem', () => {
    const problem = { level: 'error' as const, message: 'no adapter', hint: 'choose another' }
    const chosen = reduce({ ...INITIAL, adapter }, { kind: 'backend', choice: 'webgpu' })
    const failed = reduce(chosen, { kind: 'noAdapter', problem })
    expect(failed).toMatchObject({ backend: 'webgpu', adapter: null, engineProblem: problem })
    expect(reduce(failed, { kind: 'backend', choice: 'auto' }).engineProblem).toBeNull()
  })
})

describe('actions', () => {
  const allowed = (state: AppState) => Object.values(ACTIONS).filter((entry) => entry.enabled(state)).map((entry) => entry.id)

  it('offers what fits the phase', () => {
    expect(allowed({ ...INITIAL, adapter })).toEqual(['start'])
    expect(allowed(running)).toEqual(['pause', 'stop'])
    expect(allowed({ ...running, status: { ...running.status, phase: 'paused' } }))
      .toEqual(['resume', 'step', 'stop', 'newLab'])
    expect(allowed({ ...running, status: { ...running.status, phase: 'stopping' } })).toEqual([])
  })

  it('commands nothing from a tab that only watches, or without anything to train on', () => {
    expect(allowed({ ...running, status: { ...running.status, watching: true } })).toEqual([])
    expect(allowed(INITIAL)).toEqual([])
  })

  it('gives every action its own key', () => {
    const codes = Object.values(ACTIONS).map((entry) => entry.code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})
