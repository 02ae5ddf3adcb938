// A model in the page as the lab asks it: loaded with the first question, interrupted when nobody wants the answer any
// more, ended when its memory is wanted back. It speaks only while no run is measured (../turns.ts).

import { LabError } from '../../../core/errors'
import type { Turns } from '../turns'
import type { ModelClient, ModelRequest, ModelSpec } from '../types'
import { pageModelSpec } from './spec'
import type { Generated, LoadedModel, LoadProgress, PageModelEngine } from './types'

/** A worker that exposes an engine. */
export interface SpawnedEngine {
  engine: PageModelEngine
  /** ends it at once, with all of its memory; calls in flight never settle */
  end(): void
  onDeath(listener: (reason: string) => void): void
}

export interface PageClientDeps {
  spawn(): SpawnedEngine
  turns: Turns
  onProgress?: (progress: LoadProgress) => void
  /** told once a load is over: on what it runs, and whether its files are kept */
  onLoaded?: (loaded: LoadedModel) => void
}

export interface PageModelClient extends ModelClient {
  /** Gives the model's memory back; the next question loads it again, from this browser's storage. */
  release(): void
  /** Takes the client out of use. */
  dispose(): void
}

/** What a prompt may count on before the model has said what it was made for. */
const LIKELY_CONTEXT = 4096
/** An interrupted model gets this long to come to its next token. */
export const INTERRUPT_MS = 3000
/** Reading a long prompt on a slow processor takes minutes, and nothing is heard meanwhile. */
export const SILENCE_MS = 600_000

interface Running {
  spawned: SpawnedEngine
  died: Promise<never>
  loaded: LoadedModel | null
}

/**
 * A model in the page. `spec.address` is where its files are, Hugging Face when absent.
 * @throws LabError "import.invalid" when the spec names no model that there could be
 */
export function createPageClient(spec: ModelSpec, { spawn, turns, onProgress, onLoaded }: PageClientDeps): PageModelClient {
  const wanted = pageModelSpec(spec)
  let running: Running | null = null
  const forgetRoom = spec.release ? turns.beforeRuns(release) : () => undefined

  function release(): void {
    running?.spawned.end()
    running = null
  }

  function start(): Running {
    const spawned = spawn()
    const died = new Promise<never>((_, reject) => {
      spawned.onDeath((reason) => {
        if (running?.spawned === spawned) running = null
        const hint = 'It is started again with the next question.'
        reject(new LabError('controller.offline', `The worker of ${wanted.model} stopped: ${reason}`, { hint }))
      })
    })
    died.catch(() => undefined) // heard only by whoever is waiting
    return { spawned, died, loaded: null }
  }

  async function load(signal: AbortSignal): Promise<Running> {
    running ??= start()
    const now = running
    if (now.loaded) return now
    const leave = rejectionOf(signal)
    try {
      const loading = now.spawned.engine.load(wanted, (progress) => onProgress?.(progress))
      now.loaded = await Promise.race([loading, now.died, leave.rejection])
    } catch (thrown) {
      release() // what has arrived of its files is kept
      throw thrown
    } finally {
      leave.forget()
    }
    onLoaded?.(now.loaded)
    return now
  }

  async function ask({ system, prompt, maxOutputTokens, onText }: ModelRequest, signal: AbortSignal): Promise<Generated> {
    signal.throwIfAborted()
    const { spawned, died } = await load(signal)
    const silence = startSilence(wanted.model)
    const answer = spawned.engine.generate({ system, prompt, maxOutputTokens }, (delta) => {
      silence.broken()
      if (!signal.aborted) onText?.(delta)
    })
    try {
      return await interruptible(Promise.race([answer, died, silence.tooLong]), spawned.engine, signal)
    } catch (thrown) {
      // a prompt that does not fit leaves the model as it was; after any other failure it starts afresh
      if (!signal.aborted && LabError.from(thrown).code !== 'controller.refused') release()
      throw thrown
    } finally {
      silence.over()
    }
  }

  /** The answer; or, once the signal is aborted, its reason, but not before the model has stopped or was ended. */
  async function interruptible(answer: Promise<Generated>, engine: PageModelEngine, signal: AbortSignal): Promise<Generated> {
    let timer: ReturnType<typeof setTimeout> | undefined
    let interrupt = () => {}
    const stuck = new Promise<never>((_, reject) => {
      interrupt = () => {
        engine.interrupt().catch(() => undefined) // a dead worker needs none
        timer = setTimeout(() => {
          release()
          reject(signal.reason)
        }, INTERRUPT_MS)
      }
    })
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      const generated = await Promise.race([answer, stuck])
      signal.throwIfAborted()
      return generated
    } finally {
      signal.removeEventListener('abort', interrupt)
      clearTimeout(timer)
    }
  }

  return {
    name: `page/${wanted.model}`,
    get contextTokens() {
      const madeFor = running?.loaded?.contextTokens
      return Math.min(madeFor ?? Infinity, spec.contextTokens ?? madeFor ?? LIKELY_CONTEXT)
    },
    async complete(request) {
      const begun = performance.now()
      const { text, inputTokens, outputTokens, end } = await turns.speak(request.signal, (signal) => ask(request, signal))
      return { text, ...(end === 'limit' && { cut: true }), cost: { requests: 1, inputTokens, outputTokens, usd: 0, wallMs: performance.now() - begun } }
    },
    release,
    dispose() {
      forgetRoom()
      release()
    },
  }
}

/** Rejects with the signal's reason when it is aborted. */
function rejectionOf(signal: AbortSignal): { rejection: Promise<never>; forget(): void } {
  let leave = () => {}
  const rejection = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
  })
  rejection.catch(() => undefined) // nobody may be waiting any more
  signal.addEventListener('abort', leave, { once: true })
  return { rejection, forget: () => signal.removeEventListener('abort', leave) }
}

/** Rejects when nothing has been heard of a model for too long. */
function startSilence(model: string): { tooLong: Promise<never>; broken(): void; over(): void } {
  let giveUp = () => {}
  const tooLong = new Promise<never>((_, reject) => {
    giveUp = () => {
      const hint = 'Choose a smaller model, or let it change knobs only: then its prompt is short.'
      reject(new LabError('controller.offline', `${model} said nothing for ${SILENCE_MS / 60_000} minutes.`, { hint }))
    }
  })
  tooLong.catch(() => undefined)
  let timer = setTimeout(giveUp, SILENCE_MS)
  return {
    tooLong,
    broken() {
      clearTimeout(timer)
      timer = setTimeout(giveUp, SILENCE_MS)
    },
    over: () => clearTimeout(timer),
  }
}
