import { expect, it } from 'vitest'
import { createModelController } from './model'
import { createPasteClient } from './paste'
import { modelContext, reply } from './testingModel'

const options = { edits: 'code', standIn: null, looksBack: false } as const

it('gives the whole prompt to the person, and takes code from any chat, prose around it included', async () => {
  const shown: [string, string | null][] = []
  const answer = `Sure! Here it is:\n\`\`\`json\n${reply({ form: 'blocks', blocks: [{ search: 'knob(64,', replace: 'knob(96,' }] })}\n\`\`\`\nGood luck.`
  const client = createPasteClient(async (prompt, problem) => {
    shown.push([prompt, problem])
    return shown.length === 1 ? 'I cannot do that.' : answer
  })
  const proposal = await createModelController(client, options).propose(modelContext())
  expect(proposal).toMatchObject({ proposer: 'a chat, pasted', cost: { requests: 2, usd: 0 } })
  expect(proposal.source).toContain('WIDTH = knob(96')
  const [[first, none], [second, problem]] = shown
  expect(none).toBeNull()
  expect(problem).toBe('There is no complete JSON object in the answer.')
  expect(first).toContain('You are the researcher')
  expect(first).toContain('Present train.js')
  expect(second.startsWith(first)).toBe(true)
})

it('ends with the lab’s stop, and refuses what is no answer', async () => {
  const stop = new AbortController()
  const waiting = createPasteClient((_, __, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))))
  const work = createModelController(waiting, options).propose(modelContext({ signal: stop.signal }))
  stop.abort(new Error('stopped'))
  await expect(work).rejects.toThrow('stopped')
  const book = createPasteClient(async () => 'x'.repeat(400_001))
  await expect(createModelController(book, options).propose(modelContext())).rejects.toMatchObject({ code: 'controller.badReply' })
})
