// A model that is reached by hand: the person carries the whole prompt to any chat and pastes its answer back. No key,
// no address, and everything a model behind a wire can do: code, the one repair, thoughts.

import { LabError } from '../../core/errors'
import { NO_COST, type ModelClient } from '../models/types'
import { estimateTokens } from '../prompt/tokens'

/** Longest answer that is read. */
const MOST_CHARS = 400_000

/**
 * Shows the person a prompt to copy and waits for what they paste.
 * @param problem what was wrong with the answer before; null the first time
 */
export type AskPerson = (prompt: string, problem: string | null, signal: AbortSignal) => Promise<string>

/** A client whose answers a person fetches; it costs no money, and time only. */
export function createPasteClient(askPerson: AskPerson, contextTokens = 100_000): ModelClient {
  return {
    name: 'a chat, pasted',
    contextTokens,
    async complete({ system, prompt, problem, signal, onText, onCost }) {
      signal.throwIfAborted()
      const began = Date.now()
      const whole = `${system}\n\n${prompt}`
      const text = (await askPerson(whole, problem ?? null, signal)).trim()
      if (text.length > MOST_CHARS) {
        throw new LabError('controller.badReply', `The pasted answer has ${text.length} characters; at most ${MOST_CHARS} are read.`, {
          hint: 'Paste the answer alone, without the conversation around it.',
        })
      }
      onText?.(text)
      const cost = { ...NO_COST, requests: 1, inputTokens: estimateTokens(whole), outputTokens: estimateTokens(text), wallMs: Date.now() - began }
      onCost?.(cost)
      return { text, cost }
    },
  }
}
