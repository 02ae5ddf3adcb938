import { expect, it } from 'vitest'
import type { Experiment } from '../history/types'
import type { AdapterInfo, BackendName } from '../judge/types'
import { otherBackend } from './otherBackend'

const adapter = (backend: BackendName) => ({ backend }) as AdapterInfo
const row = (backend?: BackendName) => ({ measurements: { backend } }) as Experiment

it('knows that a record came from something else', () => {
  expect(otherBackend([row('webgpu')], adapter('wasm'))).toBe('webgpu')
  expect(otherBackend([row()], adapter('wasm'))).toBe('webgpu')
  expect(otherBackend([row('webgpu'), row('wasm')], adapter('wasm'))).toBeNull()
  expect(otherBackend([row('wasm'), { measurements: null } as Experiment], adapter('webgpu'))).toBe('wasm')
  expect(otherBackend([], adapter('wasm'))).toBeNull()
  expect(otherBackend([row('wasm')], null)).toBeNull()
})
