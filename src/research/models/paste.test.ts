// Questions that a person carries: asked once, once more with what was wrong, and over when the lab stops.

import { expect, test } from 'vitest'
import { z } from 'zod'
import { createQuestions } from '../questions'
import type { Question } from '../../worker/researchProtocol'
import { ask } from './ask'
import { createPasteClient } from './paste'

const schema = z.strictObject({ word: z.string() })

function begin() {
  const shown: (Question | null)[] = []
  const questions = createQuestions((question) => void shown.push(question))
  const stop = new AbortController()
  const request = { system: 'You propose.', prompt: 'Propose.', maxOutputTokens: 100, signal: stop.signal }
  return { shown, questions, stop, answer: ask(createPasteClient(questions), request, schema) }
}

test('the whole prompt, then what was wrong with the answer', async () => {
  const { shown, questions, answer } = begin()
  expect(shown[0]).toEqual({ id: '1', kind: 'paste', prompt: 'You propose.\n\nPropose.', problem: null })
  questions.answer('1', { kind: 'paste', text: 'Sure! {"word": 7}' })
  await expect.poll(() => shown.at(-1)).toMatchObject({ id: '2', problem: expect.stringContaining('word') })
  questions.answer('2', { kind: 'paste', text: 'Here:\n```json\n{"word": "gold"}\n```' })
  expect(await answer).toMatchObject({ value: { word: 'gold' }, cost: { requests: 0, usd: 0 } })
  expect(shown.at(-1)).toBeNull()
})

test('passed over, and stopped', async () => {
  const over = begin()
  over.questions.answer('1', { kind: 'skip', reason: '' })
  await expect(over.answer).rejects.toMatchObject({ code: 'controller.refused' })
  const stopped = begin()
  stopped.stop.abort(new Error('stopped'))
  await expect(stopped.answer).rejects.toThrow('stopped')
  expect(stopped.shown.at(-1)).toBeNull()
})
