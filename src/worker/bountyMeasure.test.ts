// Re-verify, as anybody can: the office of somebody who was not asked, and what was revealed.

import { afterEach, expect, test } from 'vitest'
import { heldOutSet, measured, Parties, programOf } from '../bounty/testing/parties'
import type { Measurement } from '../bounty/office/effects'
import { reverify } from './bountyMeasure'

const SETS = [heldOutSet('A meadow at dawn.'), heldOutSet('A harbour.'), heldOutSet('A mountain, harder 0.3 than that.')]
const all: Parties[] = []
afterEach(() => all.splice(0).forEach((parties) => parties.end()))

/** A submission judged twice, the bounty closed, and every set revealed. */
async function judged(program: string) {
  const parties = await Parties.make()
  all.push(parties)
  for (const name of ['sponsor', 'hunter', 'verifier', 'rival'] as const) await parties.party(name).start()
  await parties.post({}, ...SETS)
  await parties.settle()
  await parties.party('hunter').office.submit(parties.bounty, program)
  await parties.settle()
  parties.pass(3600)
  await parties.settle()
  const { id, submissions } = await parties.party('sponsor').part()
  const { office } = parties.party('rival')
  const asked: Measurement[] = []
  const measure = (change: (trainJs: string) => string) => ({
    measure: async (work: Measurement) => {
      asked.push(work)
      return measured({ ...work, trainJs: change(work.trainJs) })
    },
  })
  const again = (change = (trainJs: string) => trainJs) => reverify(office, measure(change), parties.bounty, submissions[0].commit, submissions[0].trainJs)
  const reveal = async () => {
    await parties.party('sponsor').office.wish(id, { do: 'close', reason: 'Enough.' })
    await parties.party('sponsor').office.wish(id, { do: 'reveal' })
    await parties.settle()
  }
  return { office, parties, asked, again, reveal }
}

test('every set is revealed, and each verdict is measured again on the text that it was about', async () => {
  const { office, parties, asked, again, reveal } = await judged(programOf(0.1))
  await expect(again()).rejects.toMatchObject({ code: 'bounty.state', message: expect.stringContaining('not been revealed') })
  await reveal()
  for (const [set, { text, salt }] of SETS.entries()) expect(await office.heldOut(parties.bounty, set)).toMatchObject({ text, salt })
  const { agrees, reason } = await again()
  expect(agrees).toBe(true)
  expect(reason).toMatch(/^First score: Here 1\.9000 .* Re-check: Here 1\.9000 /)
  expect(asked.map(({ set, phase, text }) => [set, phase, new TextDecoder().decode(text).slice(0, 10)])).toEqual([[0, 'first', 'A meadow a'], [2, 'stability', 'A mountain']])
})

test('an overfitted program agrees with what was said of it on both sets; a verdict that hid it would not', async () => {
  const { again, reveal } = await judged(programOf(0, 'meadow 0.1'))
  await reveal()
  expect((await again()).agrees).toBe(true)
  // as if the verifiers had measured another program than the one that was bought
  expect(await again(() => programOf(0.1))).toMatchObject({ agrees: false, reason: expect.stringMatching(/Re-check: Here 1\.9000 bits per byte, attested 2\.0000/) })
})
