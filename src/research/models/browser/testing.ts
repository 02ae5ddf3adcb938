// A scripted stand-in for the browser's LanguageModel: in unit tests, and put into a page by journeys (so it is one
// function that uses nothing from outside).

import type { BrowserAvailability, LanguageModelStatic } from './types'

export interface Script {
  availability: Exclude<BrowserAvailability, 'missing'>
  /** what it says, piece by piece */
  pieces?: string[]
  /** after the pieces: it ends, says nothing more, or fails under this name */
  last?: 'end' | 'hang' | { name: string; message: string }
  /** creating a session fails under this name, or never comes to an end */
  create?: 'hang' | { name: string; message: string }
}

/** What a scripted model was asked, and what became of it. */
export interface ScriptLog {
  created: { system: string; languages: string[] }[]
  prompts: { input: string; constraint: object | null }[]
  destroyed: number
  /** sessions told to stop before they had said all */
  aborted: number
}

export function scriptedLanguageModel(script: Script, log: ScriptLog): LanguageModelStatic {
  const failure = ({ name, message }: { name: string; message: string }) => new DOMException(message, name)
  const never = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  return {
    availability: async () => script.availability,
    async create({ initialPrompts, expectedOutputs, signal, monitor }) {
      signal.throwIfAborted()
      let isOver = false
      signal.addEventListener('abort', () => {
        if (!isOver) log.aborted++
      })
      log.created.push({ system: initialPrompts?.[0].content ?? '', languages: expectedOutputs.flatMap(({ languages }) => languages) })
      if (script.create === 'hang') await never(signal)
      else if (script.create) throw failure(script.create)
      if (monitor && script.availability !== 'available') {
        const target = new EventTarget()
        monitor(target)
        for (const loaded of [0, 0.5, 1]) target.dispatchEvent(Object.assign(new Event('downloadprogress'), { loaded }))
        script.availability = 'available'
      }
      let contextUsage = 10
      return {
        contextWindow: 9216,
        get contextUsage() {
          return contextUsage
        },
        promptStreaming(input, { signal: stop, responseConstraint }) {
          log.prompts.push({ input, constraint: responseConstraint ?? null })
          const pieces = [...(script.pieces ?? [])]
          contextUsage += Math.ceil(input.length / 4)
          return new ReadableStream<string>({
            async pull(controller) {
              const piece = pieces.shift()
              if (piece !== undefined) {
                contextUsage += Math.ceil(piece.length / 4)
                return controller.enqueue(piece)
              }
              if (script.last === 'hang') return never(stop)
              if (script.last && script.last !== 'end') throw failure(script.last)
              isOver = true
              controller.close()
            },
          })
        },
        destroy: () => void log.destroyed++,
      }
    },
  }
}
