// A client over the scripted server, for tests of the adapter.

import { expect } from 'vitest'
import { z } from 'zod'
import type { LabError } from '../../../core/errors'
import { createModelClient } from '../client'
import type { ClientDeps } from '../client'
import { createSpending } from '../spending'
import type { ModelRequest, ModelSpec } from '../types'
import { manualClock } from './manualClock'
import { startScriptedServer } from './scriptedServer'
import type { Script, ScriptedServer } from './scriptedServer'

export const KEY = 'sk-very-secret-0123456789'
export const NO_CAPS = { requests: null, tokens: null, usd: null }
export const schema = z.strictObject({ word: z.string() })

let server: ScriptedServer | null = null

/** Ends the server of the last `begin`: for afterEach. */
export async function closeServer(): Promise<void> {
  await server?.close()
  server = null
}

/** A client of one model, by default of any server of OpenAI's protocol, whose time passes when a test says so. */
export async function begin(script: Script, spec: Partial<ModelSpec> = {}, deps: Partial<ClientDeps> = {}) {
  await closeServer()
  const started = (server = await startScriptedServer(script))
  const clock = manualClock()
  const spending = createSpending(NO_CAPS)
  const full: ModelSpec = { provider: 'compatible', model: 'm', address: started.address, ...spec }
  const keys = { key: async () => KEY }
  const client = createModelClient(full, { keys, spending, page: null, clock, random: () => 0.5, ...deps })
  let shown = ''
  const leaving = new AbortController()
  const ask = (change: Partial<ModelRequest> = {}) =>
    client.complete({ system: 'Be brief.', prompt: 'Say something.', maxOutputTokens: 100, signal: leaving.signal, onText: (delta) => void (shown += delta), ...change })
  return { client, clock, spending, server: started, asked: started.asked, ask, leaving, shown: () => shown }
}

/** What a call came to: the error, as it crosses borders and is written down. */
export async function failureOf(call: Promise<unknown>): Promise<LabError> {
  const thrown = await call.then(() => null, (error: LabError) => error)
  expect(thrown).toMatchObject({ name: 'LabError', hint: expect.stringMatching(/\S/) })
  expect(JSON.stringify([thrown, thrown?.stack, String(thrown?.cause)])).not.toContain(KEY)
  return thrown as LabError
}
