// What the lab asks the person, one question at a time: a word on a proposal, or an answer fetched from any chat.

import { LabError } from '../core/errors'
import type { Answer, Question } from '../worker/researchProtocol'

/** A question before it is numbered. */
export type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never

export interface Questions {
  /** @throws the signal's reason when it is aborted; LabError "lab.state" while another question is open */
  ask(question: Asked, signal: AbortSignal): Promise<Answer>
  /** @throws LabError "lab.state" when the question is over */
  answer(id: string, answer: Answer): void
}

/** @param onQuestion told of each question, and null when it is over */
export function createQuestions(onQuestion: (question: Question | null) => void): Questions {
  let open: { id: string; settle: (answer: Answer) => void } | null = null
  let count = 0
  return {
    async ask(question, signal) {
      if (open) throw new LabError('lab.state', 'Another question is open.', { hint: 'Answer it first.' })
      signal.throwIfAborted()
      const id = String(++count)
      let onAbort = () => {}
      try {
        return await new Promise<Answer>((settle, refuse) => {
          open = { id, settle }
          onAbort = () => refuse(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
          signal.addEventListener('abort', onAbort, { once: true })
          onQuestion({ id, ...question })
        })
      } finally {
        signal.removeEventListener('abort', onAbort)
        open = null
        onQuestion(null)
      }
    },
    answer(id, answer) {
      if (open?.id !== id) {
        throw new LabError('lab.state', 'This question is over.', { hint: 'The lab has gone on, or was stopped.' })
      }
      open.settle(answer)
    },
  }
}
