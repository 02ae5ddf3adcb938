// Models on this machine without the page's views: a test asks one, alone or through the lab, and sees what it was told.

import { LabError } from '../../src/core/errors'
import type { PageModelClient } from '../../src/research/models/page/client'
import { createPageClient } from '../../src/research/models/page/client'
import type { LoadedModel, LoadProgress, PageDevice } from '../../src/research/models/page/types'
import { createTurns } from '../../src/research/models/turns'
import type { ModelReply } from '../../src/research/models/types'
import { connectLab, type LabClient } from '../../src/worker/client'
import { spawnPageModel } from '../../src/worker/pageModels'

export interface Asked {
  reply: ModelReply | null
  deltas: string[]
  /** code and words of what went wrong */
  failure: string | null
}

const turns = createTurns()
const log: { progress: LoadProgress[]; loaded: LoadedModel[] } = { progress: [], loaded: [] }
let lab: LabClient | null = null
let client: PageModelClient | null = null
let abort = new AbortController()

/** @param stop true when the answer is no longer wanted */
async function ask(prompt: string, maxOutputTokens: number, stop: (deltas: string[]) => boolean): Promise<Asked> {
  if (!client) throw new Error('No client was created.')
  abort = new AbortController()
  const deltas: string[] = []
  const onText = (delta: string) => {
    deltas.push(delta)
    if (stop(deltas)) abort.abort(new Error('enough'))
  }
  try {
    const reply = await client.complete({ system: 'You improve small models.', prompt, maxOutputTokens, signal: abort.signal, onText })
    return { reply, deltas, failure: null }
  } catch (thrown) {
    const { code, message, hint } = LabError.from(thrown)
    return { reply: null, deltas, failure: `${code}: ${message} ${hint}` }
  }
}

const harness = {
  create(spec: { model: string; address: string; device?: PageDevice; release?: boolean }): void {
    const spawn = () => {
      const spawned = spawnPageModel()
      const { engine } = spawned
      const load: typeof engine.load = (wanted, onProgress) => engine.load({ ...wanted, device: spec.device }, onProgress)
      return { ...spawned, engine: { ...engine, load } }
    }
    const { model, address, release } = spec
    client = createPageClient({ provider: 'page', model, address, release }, {
      spawn,
      turns,
      onProgress(progress) {
        log.progress.push(progress)
        if (progress.receivedBytes > harness.abortAfter) abort.abort(new Error('enough'))
      },
      onLoaded: (loaded) => log.loaded.push(loaded),
    })
  },
  ask: (prompt: string, maxOutputTokens: number) => ask(prompt, maxOutputTokens, () => false),
  /** Gives up after so many pieces of the answer. */
  interrupt: (prompt: string, maxOutputTokens: number, pieces: number) => ask(prompt, maxOutputTokens, (deltas) => deltas.length >= pieces),
  /** Lets a measured run begin after so many pieces; it is over at once. */
  async outrun(prompt: string, maxOutputTokens: number, pieces: number): Promise<Asked> {
    let run = Promise.resolve()
    const asked = await ask(prompt, maxOutputTokens, (deltas) => {
      if (deltas.length === pieces) run = turns.begin(new AbortController().signal).then((end) => end())
      return false
    })
    await run
    return asked
  },
  /** so many bytes, then a load is given up */
  abortAfter: Infinity,
  dispose: () => client?.dispose(),
  /** the whole lab, without its views */
  lab: () => (lab ??= connectLab()),
  log,
}

declare global {
  interface Window {
    harness: typeof harness
  }
}
window.harness = harness
