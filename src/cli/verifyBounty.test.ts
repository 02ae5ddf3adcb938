import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specFixture } from '../bounty/testing/fixtures'
import { Parties } from '../bounty/testing/parties'
import { mailText, readMail } from '../bounty/wire/file'
import { BETTER, keyOf, postTiny, startVerifier } from './testing/verifier'
import { parseVerifyBountyArgs } from './verifyBountyArgs'

/** The command on a folder, once. @returns what it printed */
async function verify(folder: string, imports: string[]): Promise<string> {
  const file = join(folder, 'none.json')
  await writeFile(file, mailText({ bounty: 'ab'.repeat(32), events: [] }))
  return (await startVerifier(folder, ['--once', ...[file, ...imports].flatMap((path) => ['--import', path])])).ended
}

test('by file: a verifier without a page attests the baseline, trains a patch, and releases what it earned', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-verifier-'))
  const key = keyOf(await verify(dir, []))
  const all = await Parties.make()
  await all.party('sponsor').start()
  await all.party('hunter').start()
  const bounty = await postTiny(all, key, { coordinatorFeePercent: 10 })
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
  const judged = await visit()
  expect(judged).toMatch(/training submission [0-9a-f]{8}[^]*Judged/)
  // there is a fee, and nobody to bill it: said once
  expect(judged.match(/wallet/gi)).toHaveLength(2)
  expect(judged).toContain('No wallet is given: fees are not billed until this is run with --wallet.')
  expect(all.ledger.lockedMsat()).toBe(0)
  expect(all.ledger.balance('hunter') - 1_000_000).toBe(100_000)
  expect((await all.party('sponsor').part()).submissions[0].trainJs).toBe(BETTER)
  all.end()
})

test('what it trains at most, and for whom, is the operator’s word', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'assay-verifier-'))
  const key = keyOf(await verify(dir, []))
  const all = await Parties.make()
  await all.party('sponsor').start()
  const bounty = await postTiny(all, key, { task: { ...specFixture().task, budget: { kind: 'tokens', amount: 200_000_000 } } })
  const file = join(dir, 'to.json')
  await writeFile(file, mailText({ bounty, events: await all.party('sponsor').office.eventsOf(bounty) }))
  expect(await verify(dir, [file])).toContain('left alone: one measurement trains 200000000 tokens')
  all.end()
})

test('the command line is read strictly', () => {
  const parse = (...argv: string[]) => parseVerifyBountyArgs(argv, { ASSAY_WALLET_URI: 'uri' })
  expect(parse('--relay', 'wss://relay.example', '--relay', 'ws://localhost:1')).toMatchObject({ relays: ['wss://relay.example/', 'ws://localhost:1/'], out: 'verifier-out', once: false, wallet: null, mostSats: 0 })
  expect(parse('--help').help).toBe(true)
  expect(parse('--import', 'f', '--wallet', 'nwc', '--most-sats', '5')).toMatchObject({ wallet: { kind: 'nwc', uri: 'uri' }, mostSats: 5 })
  expect(parse('--relay', 'wss://r.example', '--wallet', 'practice:x').wallet).toEqual({ kind: 'practice', code: 'x', relays: ['wss://r.example/'] })
  expect(() => parse()).toThrow('Neither --relay nor --import')
  expect(() => parse('--relay', 'http://x')).toThrow(/not a relay/)
  expect(() => parse('--import', 'f', '--sponsor', 'me')).toThrow('--sponsor')
  expect(() => parse('--import', 'f', '--most-tokens', '1e9')).toThrow('--most-tokens')
  expect(() => parse('--import', 'f', '--relais', 'x')).toThrow(/relais/)
  expect(() => parse('--import', 'f', '--wallet', 'practice:x')).toThrow('--relay is missing')
  expect(() => parse('--import', 'f', '--wallet', 'nostr+walletconnect://secret')).toThrow(/^--wallet is missing or unknown\.$/)
  expect(() => parse('--import', 'f', '--most-sats', '5')).toThrow('--most-sats needs --wallet')
})
