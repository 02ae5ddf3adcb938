// A lab and the replay of its receipts, all real: data, box, kernels of the processor, judge, git, signatures.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../core/canonicalJson'
import { memoryStore } from '../engine/tune/table'
import '../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { identityOf, newKeys } from '../history/identity'
import { openFileIdentity } from '../history/identityFile'
import { readReceipt, receiptText } from '../history/receipt'
import { scoreOf, type Receipt } from '../history/receiptForm'
import { openFileLedger } from '../history/ledgerFile'
import { createTrainer } from '../judge/trainer'
import type { Trainer } from '../judge/types'
import { createBox } from '../sandbox/box'
import type { Box } from '../sandbox/contract'
import { parseLabArgs } from './args'
import { EXIT, runHeadless } from './headless'
import { replayCommand } from './replay'
import { parseReplayArgs } from './replayArgs'
import { textReport } from './report'
import { textData, textSource } from './textData'

let root = ''
let box: Box
const text = Array.from({ length: 900 }, (_, i) => `The quick brown fox jumps over ${i} lazy dogs, and ${i % 7} of them look up.`).join('\n\n')

/** The processor on one thread: the same bits as on any number of them. */
const oneThread = (): Trainer => {
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  return createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm')
}

async function runLab(options: string): Promise<string> {
  const out = join(root, `lab-${Math.abs(options.length * 7919)}`)
  let said = ''
  const report = textReport({ write: (more) => (said += more) })
  const args = parseLabArgs(`--out ${out} --rule plain ${options}`.split(' '), ['evolution', 'random'])
  const trainer = oneThread()
  const identity = () => openFileIdentity(join(root, 'identity.pem'))
  const code = await runHeadless(args, { trainer, box, identity, source: textSource, prepare: textData }, report, new AbortController().signal)
  trainer.terminate()
  expect(code, said).toBe(EXIT.done)
  expect(said).toContain(`${out}/receipts`)
  return out
}

async function replay(line: string) {
  const said: string[] = []
  const trainer = oneThread()
  const found = await replayCommand(parseReplayArgs(line.split(' ')), { trainer, box, say: (line) => said.push(line) })
  trainer.terminate()
  return { ...found, said }
}

/** A copy of a receipt with other contents, signed by somebody. */
async function forge(path: string, alter: (receipt: Receipt) => void): Promise<string> {
  const { receipt, attached } = await readReceipt(readFileSync(path, 'utf8'))
  alter(receipt)
  const forger = await identityOf(await newKeys(false))
  receipt.publicKey = forger.publicKey
  const signature = await forger.sign(new TextEncoder().encode(canonicalJson(receipt)))
  const forged = join(root, 'forged.json')
  writeFileSync(forged, await receiptText({ receipt, signature }, attached))
  return forged
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'assay-replay-'))
  box = await createBox()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a lab on the built-in text', () => {
  let out = ''
  beforeAll(async () => {
    out = await runLab('--experiments 1 --budget 6ktok')
  }, 180_000)

  it('leaves a receipt of each run, that of the attempt naming its parent’s', async () => {
    const [first, second] = await Promise.all([0, 1].map(async (n) => readReceipt(readFileSync(join(out, 'receipts', `${n}.json`), 'utf8'))))
    expect(first.receipt).toMatchObject({ experiment: { number: 0, status: 'baseline' }, parents: [] })
    expect(second.receipt.parents).toEqual([{ commit: first.receipt.commit, receipt: first.fingerprint }])
    expect(second.receipt.publicKey).toBe(first.receipt.publicKey)
    expect(second.attached['train.js']).toContain('knob(')
    const ledger = await openFileLedger(join(out, '.assay', 'ledger'))
    const [lab] = await ledger.listLabs()
    const kept = await ledger.listReceipts(lab.labId)
    expect(kept.map(({ number, fingerprint }) => [number, fingerprint])).toEqual([[0, first.fingerprint], [1, second.fingerprint]])
  })

  it('is confirmed to the last bit', async () => {
    const { code, outcome, said } = await replay(join(out, 'receipts', '1.json'))
    expect(outcome.report).toMatchObject({ verdict: 'bit-identical', runs: [{ verdict: 'bit-identical', deltaBpb: 0 }] })
    expect(code).toBe(0)
    expect(said.at(-1)).toMatch(/^BIT-IDENTICAL: /)
  })

  it('is refused where a score was altered, before anything is run', async () => {
    const path = join(root, 'altered.json')
    const honest = readFileSync(join(out, 'receipts', '1.json'), 'utf8')
    writeFileSync(path, honest.replace(/"decimal":\d/, '"decimal":0'))
    const altered = await replay(path)
    expect(altered.code).toBe(1)
    expect(altered.outcome.error).toMatchObject({ code: 'import.invalid', field: expect.stringContaining('valBpb') })
    expect(altered.outcome.report).toBeNull()
  })

  it('is refuted where somebody signed a better score, be it by one bit, and other losses', async () => {
    const better = await forge(join(out, 'receipts', '1.json'), ({ runs }) => (runs[0].score!.valBpb = scoreOf(runs[0].score!.valBpb.decimal - 0.3)))
    const { code, outcome } = await replay(`${better} --json`)
    expect(code).toBe(1)
    expect(outcome.report).toMatchObject({ verdict: 'refuted', reason: expect.stringContaining('0.30') })
    expect(outcome.report!.runs[0].deltaBpb).toBeCloseTo(0.3, 12)
    const bit = await forge(join(out, 'receipts', '1.json'), ({ runs }) => (runs[0].score!.valBpb = scoreOf(runs[0].score!.valBpb.decimal * (1 - 2 ** -52))))
    expect((await replay(bit)).outcome.report).toMatchObject({ verdict: 'refuted', reason: expect.stringContaining('every bit') })
    const losses = await forge(join(out, 'receipts', '1.json'), ({ runs }) => (runs[0].evidence!.losses = '0'.repeat(64)))
    expect((await replay(losses)).code).toBe(1)
    const steps = await forge(join(out, 'receipts', '1.json'), ({ runs }) => (runs[0].evidence!.tokens += 1))
    expect((await replay(steps)).outcome.report?.reason).toContain('tokens in all')
  })

  it('made on another adapter need only agree within the tolerance', async () => {
    const shift = (by: number) =>
      forge(join(out, 'receipts', '1.json'), ({ runs: [run] }) => {
        Object.assign(run.evidence!.adapter, { backend: 'webgpu', tuning: 'abcd1234' })
        run.score!.valBpb = scoreOf(run.score!.valBpb.decimal + by)
      })
    expect((await replay(await shift(0.002))).outcome.report).toMatchObject({ verdict: 'within tolerance', reason: expect.stringContaining('another adapter') })
    expect((await replay(await shift(1.5))).outcome.report).toMatchObject({ verdict: 'refuted', reason: expect.stringContaining('rounding') })
  })

  it('scored by another version of the app is not replayed unless that is asked for, and then cannot be refuted', async () => {
    const other = (by: number) =>
      forge(join(out, 'receipts', '1.json'), ({ runs: [run] }) => {
        run.evidence!.app = '0'.repeat(64)
        run.score!.valBpb = scoreOf(run.score!.valBpb.decimal + by)
      })
    expect(await replay(await other(0))).toMatchObject({ code: 2, outcome: { report: { verdict: 'cannot replay', reason: expect.stringContaining('another version') } } })
    expect((await replay(`${await other(0)} --other-app`)).outcome.report?.verdict).toBe('bit-identical')
    expect((await replay(`${await other(1.5)} --other-app`)).outcome.report?.verdict).toBe('cannot replay')
  })

  it('says what is missing: the program, or another text', async () => {
    const { receipt, signature } = await readReceipt(readFileSync(join(out, 'receipts', '0.json'), 'utf8'))
    writeFileSync(join(root, 'bare.json'), await receiptText({ receipt, signature }, {}))
    expect(await replay(join(root, 'bare.json'))).toMatchObject({ code: 2, outcome: { report: { reason: expect.stringContaining('train.js') } } })
    const elsewhere = await forge(join(out, 'receipts', '0.json'), ({ task }) => (task.dataset = { kind: 'grammar', seed: 2, bytes: 100_000 }))
    expect((await replay(elsewhere)).outcome.report?.reason).toContain('train, val, hidden differ')
    expect(await replay(join(root, 'nowhere.json'))).toMatchObject({ code: 2, outcome: { error: { code: 'data.fetch' } } })
  })
})

it('a lab by the clock on a person’s own file is confirmed from its receipt, and the file is asked for where it is not there', async () => {
  const file = join(root, 'dogs.txt')
  writeFileSync(file, text)
  const out = await runLab(`--data ${file} --experiments 1 --budget 1s`)
  const there = await replay(join(out, 'receipts', '0.json'))
  expect(there.outcome.report).toMatchObject({ verdict: 'bit-identical' })
  const away = join(root, 'away.json')
  writeFileSync(away, readFileSync(join(out, 'receipts', '0.json')))
  expect(await replay(away)).toMatchObject({ code: 2, outcome: { report: { reason: expect.stringContaining('dogs.txt') } } })
  expect((await replay(`${away} --data ${file}`)).code).toBe(0)
  writeFileSync(file, `${text}.`)
  expect((await replay(`${away} --data ${file}`)).code).toBe(2)
})

it('reads its command line strictly', () => {
  expect(parseReplayArgs(['r.json', '--data', 'a', '--val', 'b', '--backend', 'wasm', '--json', '--other-app'])).toEqual({
    receipt: 'r.json', data: 'a', val: 'b', backend: 'wasm', json: true, otherApp: true, help: false,
  }) // prettier-ignore
  for (const line of ['', 'a b', 'a --val b', 'a --backend gpu', 'a --fast']) {
    expect(() => parseReplayArgs(line.split(' ').filter(Boolean))).toThrow(expect.objectContaining({ code: 'import.invalid' }))
  }
})
