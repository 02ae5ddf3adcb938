// The language model that a browser brings along (the Prompt API): it is to be had in the page only, so the lab's worker
// asks the page for it.

/** 'missing': this browser has no such thing; the others are the browser's own words. */
export type BrowserAvailability = 'missing' | 'unavailable' | 'downloadable' | 'downloading' | 'available'

export interface BrowserModelState {
  availability: BrowserAvailability
  /** what the person can do about it, one step a line; empty when it is available */
  help: string[]
}

export interface BrowserQuestion {
  /** chosen by who asks, for `stop` */
  id: string
  system: string
  prompt: string
  /** a JSON schema that the answer is held to; null for free text */
  schema: object | null
  maxOutputTokens: number
}

export interface BrowserAnswer {
  text: string
  /** it was stopped at `maxOutputTokens` */
  cut: boolean
  inputTokens: number
  outputTokens: number
}

/** The page's side, as the lab's worker sees it. */
export interface BrowserModel {
  state(): Promise<BrowserModelState>
  /** Tokens that prompt and answer may have together; null before a session was open. */
  contextTokens(): Promise<number | null>
  /** @throws LabError controller.offline (not available, broke off), controller.refused (too long, would not answer) */
  ask(question: BrowserQuestion, onText: (delta: string) => void): Promise<BrowserAnswer>
  /** Ends an answer; `ask` then rejects. */
  stop(id: string): Promise<void>
}

/** What is used of the browser's `LanguageModel`: https://webmachinelearning.github.io/prompt-api/ */
export interface LanguageModelSession {
  readonly contextUsage?: number
  readonly contextWindow?: number
  promptStreaming(input: string, options: { signal: AbortSignal; responseConstraint?: object }): ReadableStream<string>
  destroy(): void
}

interface Languages {
  expectedInputs: { type: 'text'; languages: string[] }[]
  expectedOutputs: { type: 'text'; languages: string[] }[]
}

export interface LanguageModelStatic {
  availability(options: Languages): Promise<Exclude<BrowserAvailability, 'missing'>>
  create(
    options: Languages & {
      signal: AbortSignal
      initialPrompts?: { role: 'system'; content: string }[]
      monitor?: (monitor: EventTarget) => void
    },
  ): Promise<LanguageModelSession>
}
