// The browser's own language model, asked from the page. One session a question: nothing of an earlier one is left.

import { LabError } from '../../../core/errors'
import { helpFor } from './help'
import type { BrowserAnswer, BrowserModel, BrowserQuestion, LanguageModelSession, LanguageModelStatic } from './types'

/** Without it Chrome warns that the quality of the answer is unknown. */
const ENGLISH = {
  expectedInputs: [{ type: 'text' as const, languages: ['en'] }],
  expectedOutputs: [{ type: 'text' as const, languages: ['en'] }],
}
/** The model may have to be read from disk first. */
export const SILENCE_MS = 180_000
/** A token is about four characters of English or code. */
const CHARACTERS = 4

export interface BrowserModelPage extends BrowserModel {
  /**
   * Has the browser fetch its model. Call it from a click: browsers begin such a download only on a person's word.
   * @param onProgress told the share that has arrived
   * @throws LabError controller.offline; the signal's reason
   */
  download(onProgress: (share: number) => void, signal: AbortSignal): Promise<void>
}

/** @param find the browser's LanguageModel, undefined where there is none */
export function createBrowserModel(find: () => LanguageModelStatic | undefined): BrowserModelPage {
  const open = new Map<string, AbortController>()
  let contextWindow: number | null = null

  async function state(): ReturnType<BrowserModel['state']> {
    const api = find()
    const availability = api ? await api.availability(ENGLISH) : 'missing'
    return { availability, help: helpFor(availability) }
  }

  async function needAvailable(): Promise<LanguageModelStatic> {
    const { availability, help } = await state()
    const api = find()
    if (api && availability === 'available') return api
    throw new LabError('controller.offline', `The browser’s own model is not to be had here: it is ${availability}.`, {
      hint: help.join(' '),
      data: { availability },
    })
  }

  return {
    state,
    contextTokens: async () => contextWindow,

    async ask(question, onText) {
      const stop = new AbortController()
      open.set(question.id, stop)
      try {
        const api = await abortable(needAvailable(), stop.signal)
        const initialPrompts = [{ role: 'system' as const, content: question.system }]
        const session = await abortable(api.create({ ...ENGLISH, initialPrompts, signal: stop.signal }), stop.signal)
        try {
          contextWindow = session.contextWindow ?? contextWindow
          return await readAnswer(session, question, stop.signal, onText)
        } finally {
          session.destroy()
        }
      } catch (thrown) {
        throw askError(thrown)
      } finally {
        open.delete(question.id)
        stop.abort() // whatever is still at work for this question
      }
    },

    async stop(id) {
      open.get(id)?.abort(new LabError('controller.offline', 'The answer was stopped.'))
    },

    async download(onProgress, signal) {
      const api = find()
      const { availability, help } = await state()
      if (!api || availability === 'unavailable') throw new LabError('controller.offline', 'This browser has no model to fetch.', { hint: help.join(' ') })
      const monitor = (target: EventTarget) => target.addEventListener('downloadprogress', (event) => onProgress((event as ProgressEvent).loaded))
      try {
        const session = await abortable(api.create({ ...ENGLISH, signal, monitor }), signal)
        session.destroy()
      } catch (thrown) {
        signal.throwIfAborted()
        throw askError(thrown)
      }
    },
  }
}

async function readAnswer(session: LanguageModelSession, question: BrowserQuestion, signal: AbortSignal, onText: (delta: string) => void): Promise<BrowserAnswer> {
  const { system, prompt, schema, maxOutputTokens } = question
  const options = { signal, ...(schema && { responseConstraint: schema }) }
  const reader = session.promptStreaming(prompt, options).getReader()
  const before = session.contextUsage
  let text = ''
  let cut = false
  try {
    while (!cut) {
      const { done, value } = await abortable(reader.read(), signal, SILENCE_MS)
      if (done) break
      text += value
      onText(value)
      cut = text.length >= maxOutputTokens * CHARACTERS
    }
  } finally {
    reader.cancel().catch(() => undefined) // it may have ended by itself
  }
  const outputTokens = Math.ceil(text.length / CHARACTERS)
  const estimated = Math.ceil((system.length + prompt.length) / CHARACTERS)
  const after = session.contextUsage
  // the browser counts what is in the session, and does not tell prompt from answer
  const counted = before !== undefined && after !== undefined && after > outputTokens ? Math.round(after - outputTokens) : estimated
  return { text, cut, inputTokens: counted, outputTokens }
}

/** A promise that need not be waited for when the signal is aborted, or too much time has passed. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal, silenceMs = SILENCE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    const timer = setTimeout(() => {
      reject(new LabError('controller.offline', `The browser’s own model said nothing for ${silenceMs / 60_000} minutes.`, {
        hint: 'Close other tabs that use it, or restart the browser; chrome://on-device-internals says how it is.',
      }))
    }, silenceMs)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    })
  })
}

/** Puts the browser's own names of what went wrong into the lab's. */
function askError(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown
  const { name, message } = thrown as { name?: string; message?: string }
  const said = String(message ?? thrown).slice(0, 300)
  const make = (code: 'controller.offline' | 'controller.refused', what: string, hint: string) =>
    new LabError(code, `${what}: ${said}`, { hint, data: { name: name ?? null }, cause: thrown })
  switch (name) {
    case 'QuotaExceededError':
      return make('controller.refused', 'The prompt is too long for the browser’s own model', 'Let it change knobs only: then its prompt is short; or choose another model.')
    case 'NotReadableError':
      return make('controller.refused', 'The browser held its model’s answer back', 'Try again, or look into program.md and the notes for what it may object to.')
    case 'NotSupportedError':
      return make('controller.refused', 'The browser’s own model cannot do this', 'Choose another model.')
    case 'NotAllowedError':
      return make('controller.offline', 'The browser does not allow its model here', 'Press “Download” beside the model; a browser begins that only on your word. A managed browser may forbid it altogether.')
    default:
      return make('controller.offline', 'The browser’s own model failed', 'Try again; chrome://on-device-internals says how it is.')
  }
}
