import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specFixture } from '../bounty/testing/fixtures'
import { Parties } from '../bounty/testing/parties'
import { mailText, readMail } from '../bounty/wire/file'
import { generateCorpus } from '../data/grammar'
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../engine/tune/table'
import { createTrainer } from '../judge/trainer'
import { createBox } from '../sandbox/box'
import { defaultProgram } from '../sandbox/defaultProgram'
import { setKnobs } from '../sandbox/knobs'
import { runVerifyBounty } from './verifyBounty'
import { parseVerifyBountyArgs } from './verifyBountyArgs'

// 32 steps of a head that hardly learns: on any seed far above the same with a rate that learns, so fresh seeds do not matter
const BASE = setKnobs(defaultProgram('software'), { DEPTH: 1, WIDTH: 32, HEAD_DIM: 16, CONTEXT: 32, ROWS: 4, UNEMBEDDING_LR: 0.0002 })
const BETTER = setKnobs(BASE, { UNEMBEDDING_LR: 0.02 })

/** The command on a folder, once. @returns what it printed */
async function verify(folder: string, imports: string[]): Promise<string> {
  let text = ''
  const spawn = () => { throw new Error('one thread needs no other') } // prettier-ignore
  const trainer = createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm')
  const box = await createBox()
  const args = { ...parseVerifyBountyArgs(['--import', 'x', '--out', folder, '--backend', 'wasm', '--once']), imports }
  const code = await runVerifyBounty(args, { trainer, box }, { write: (line) => (text += line) }, new AbortController().signal)
  box.close()
  expect(text).not.toMatch(/TypeError|undefined/)
  expect(code).toBe(0)
  return text
}

test('by file: a verifier without a page attests the baseline, trains a patch, and releases what it earned', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-verifier-'))
  const key = /public key: ([0-9a-f]{64})/.exec(await verify(dir, []))![1]
  const all = await Parties.make()
  await all.party('sponsor').start()
  await all.party('hunter').start()
  const { documents } = generateCorpus({ seed: 99, bytes: 8000 })
  const text = new TextEncoder().encode(documents.map((bytes) => new TextDecoder().decode(bytes)).join('\n\n'))
  const task = { ...specFixture().task, budget: { kind: 'tokens' as const, amount: 4096 }, evaluation: { context: 32, tokens: 1024 } }
  const baseline = { trainJs: BASE, sha256: 'ab'.repeat(32), valBpb: null }
  const bounty = await all.post({ verifiers: [key], task, baseline, targetImprovementBpb: 0.05, nowShare: 1 }, { text, salt: '5a'.repeat(32) })
  /** There and back: the file that goes to the verifier, and the one that it leaves. */
  const visit = async () => {
    await all.settle()
    const file = join(dir, 'to.json')
    const events = [...(await all.party('sponsor').office.eventsOf(bounty)), ...(await all.party('hunter').office.eventsOf(bounty))]
    await writeFile(file, mailText({ bounty, events }))
    const said = await verify(dir, [file])
    const answer = (await readdir(dir)).find((name) => name.endsWith('.mail.json'))!
    for (const event of readMail(await readFile(join(dir, answer), 'utf8')).events) {
      for (const name of ['sponsor', 'hunter'] as const) await all.party(name).office.hear(structuredClone(event), bounty)
    }
    await all.settle()
    return said
  }
  expect(await visit()).toMatch(/training the baseline[^]*The baseline is attested/)
  await all.party('hunter').office.submit(bounty, BETTER)
  expect(await visit()).toContain('Its turn: the payment hashes are out.')
  expect(all.ledger.lockedMsat()).toBe(100_000)
  expect(await visit()).toMatch(/training submission [0-9a-f]{8}[^]*Judged/)
  expect(all.ledger.lockedMsat()).toBe(0)
  expect(all.ledger.balance('hunter') - 1_000_000).toBe(100_000)
  expect((await all.party('sponsor').part()).submissions[0].trainJs).toBe(BETTER)
  all.end()
})

test('what it trains at most, and for whom, is the operator’s word', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-verifier-'))
  const key = /public key: ([0-9a-f]{64})/.exec(await verify(dir, []))![1]
  const all = await Parties.make()
  await all.party('sponsor').start()
  const task = { ...specFixture().task, budget: { kind: 'tokens' as const, amount: 200_000_000 } }
  const bounty = await all.post({ verifiers: [key], task })
  const file = join(dir, 'to.json')
  await writeFile(file, mailText({ bounty, events: await all.party('sponsor').office.eventsOf(bounty) }))
  expect(await verify(dir, [file])).toContain('left alone: one measurement trains 200000000 tokens')
  all.end()
})

test('the command line is read strictly', () => {
  const parse = (...argv: string[]) => parseVerifyBountyArgs(argv)
  expect(parse('--relay', 'wss://relay.example', '--relay', 'ws://localhost:1')).toMatchObject({ relays: ['wss://relay.example/', 'ws://localhost:1/'], out: 'verifier-out', once: false })
  expect(parse('--help').help).toBe(true)
  expect(() => parse()).toThrow('Neither --relay nor --import')
  expect(() => parse('--relay', 'http://x')).toThrow(/not a relay/)
  expect(() => parse('--import', 'f', '--sponsor', 'me')).toThrow('--sponsor')
  expect(() => parse('--import', 'f', '--most-tokens', '1e9')).toThrow('--most-tokens')
  expect(() => parse('--import', 'f', '--relais', 'x')).toThrow(/relais/)
})
