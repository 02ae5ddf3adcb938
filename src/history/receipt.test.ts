import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../core/canonicalJson'
import { Rng } from '../core/rng'
import { identityOf, newKeys } from './identity'
import { taskText } from './newLab'
import { readReceipt, receiptText } from './receipt'
import { receiptFixture, taskFixture, TRAIN_JS } from './receiptFixture'
import { bitsOf, scoreOf, type ReceiptFile } from './receiptForm'

const attached = { 'train.js': TRAIN_JS, 'task.json': taskText(taskFixture()) }

async function file(): Promise<{ text: string; parsed: ReceiptFile }> {
  const text = await receiptText(await receiptFixture(), attached)
  return { text, parsed: JSON.parse(text) as ReceiptFile }
}

/** Refused with the code and field named. */
async function refusal(text: string): Promise<{ field: unknown; message: string }> {
  const thrown = await readReceipt(text).then(() => null, (error: unknown) => error)
  expect(thrown).toMatchObject({ code: 'import.invalid', hint: expect.stringMatching(/\w/) })
  const { data, message } = thrown as { data: { field: unknown }; message: string }
  return { field: data.field, message }
}

describe('a receipt', () => {
  it('is read as it was signed, wherever its keys and spaces stand', async () => {
    const row = await receiptFixture()
    const text = await receiptText(row, attached)
    const read = await readReceipt(text)
    expect(read).toMatchObject({ receipt: row.receipt, signature: row.signature, fingerprint: row.fingerprint, attached })
    expect((await readReceipt(canonicalJson(JSON.parse(text)))).fingerprint).toBe(row.fingerprint)
    expect((await readReceipt(await receiptText(row, {}))).attached).toEqual({})
    expect(row.receipt.runs[1].score?.valBpb).toEqual({ decimal: 0.30000000000000004, bits: '3fd3333333333334' })
    expect(row.receipt).toMatchObject({ issued: { supersedes: null, after: 'run' }, parents: [{ receipt: null }] })
  })

  it('names the one it adds runs to', async () => {
    const first = await receiptFixture()
    const second = await receiptFixture('a', 1, first)
    expect(second.issue).toBe(1)
    expect(second.receipt.issued.supersedes).toBe(first.fingerprint)
  })

  it('is refused when any letter or digit of it is another', async () => {
    const { text } = await file()
    const rng = new Rng(7, 'alter')
    const swaps: Record<string, string> = { '0123456789': '1234567890', abcdef: 'bcdefa' }
    let altered = 0
    for (let k = 0; k < 400; k++) {
      const at = rng.int(text.length)
      const from = Object.keys(swaps).find((set) => set.includes(text[at]))
      if (!from) continue
      altered++
      await refusal(text.slice(0, at) + swaps[from][from.indexOf(text[at])] + text.slice(at + 1))
    }
    expect(altered).toBeGreaterThan(200)
  })

  it('is refused when it is cut anywhere', async () => {
    const { text } = await file()
    for (let end = 0; end < text.length - 3; end += 97) await refusal(text.slice(0, end))
  })

  it.each<[string, (file: ReceiptFile) => void, unknown]>([
    ['receipt.runs', ({ receipt }) => (receipt.runs[0].score = { valBpb: scoreOf(1.5), hiddenBpb: null }), 'receipt.runs'],
    ['only the decimal', ({ receipt }) => (receipt.runs[0].score!.valBpb.decimal = 1.5), 'receipt.runs.0.score.valBpb'],
    ['receipt.program', ({ receipt }) => (receipt.program.trainJs = '1'.repeat(64)), 'receipt.program'],
    ['receipt.experiment', ({ receipt }) => (receipt.experiment.status = 'keep' === receipt.experiment.status ? 'discard' : 'keep'), 'receipt.experiment'],
    ['another key', ({ receipt }) => (receipt.publicKey = '2'.repeat(64)), 'receipt.publicKey'],
    ['the signature', (file) => (file.signature = file.signature.replace(/^./, (c) => (c === '0' ? '1' : '0'))), 'signature'],
    ['train.js', ({ attached }) => (attached['train.js'] += ' '), 'attached.train.js'],
    ['task.json', ({ attached }) => (attached['task.json'] = '{}'), 'attached.task.json'],
    ['a field too many', ({ receipt }) => Object.assign(receipt.task, { extra: 1 }), 'receipt.task'],
    ['a digest too many', ({ digests }) => (digests.more = '0'.repeat(64)), 'digests'],
    ['a version of tomorrow', ({ receipt }) => Object.assign(receipt, { version: 2 }), 'receipt.version'],
    ['a script for an address', ({ receipt }) => (receipt.task.dataset = { kind: 'url', url: 'javascript:alert(1)', format: 'text' }), 'receipt.task.dataset.url'],
    ['a file of 4 GB', ({ receipt }) => (receipt.task.dataset = { kind: 'grammar', seed: 1, bytes: 2 ** 32 }), 'receipt.task.dataset.bytes'],
  ])('says that %s was altered', async (_, alter, field) => {
    const { parsed } = await file()
    alter(parsed)
    expect((await refusal(JSON.stringify(parsed))).field).toBe(field)
  })

  it('altered together with its digests still needs its signature', async () => {
    const stolen = await receiptFixture()
    stolen.receipt.runs[0].score!.valBpb = scoreOf(0.5)
    expect((await refusal(await receiptText(stolen, {}))).field).toBe('signature')
  })

  it('signed anew by somebody else is somebody else’s', async () => {
    const row = await receiptFixture()
    const forger = await identityOf(await newKeys(false))
    row.receipt.runs[0].score!.valBpb = scoreOf(0.5)
    row.receipt.publicKey = forger.publicKey
    row.signature = await forger.sign(new TextEncoder().encode(canonicalJson(row.receipt)))
    const read = await readReceipt(await receiptText(row, {}))
    expect(read.receipt.publicKey).toBe(forger.publicKey)
    expect(read.fingerprint).not.toBe(row.fingerprint)
  })

  it('is refused when it is none', async () => {
    for (const text of ['', 'null', '[]', '{"receipt":{}}', '['.repeat(100_000), `"${'x'.repeat(2_000_000)}"`]) await refusal(text)
  })
})

it('writes the bits of a score', () => {
  expect([0, 1, -2, 0.1, Number.MAX_VALUE].map(bitsOf)).toEqual([
    '0000000000000000', '3ff0000000000000', 'c000000000000000', '3fb999999999999a', '7fefffffffffffff',
  ]) // prettier-ignore
})
