// Language models on the command line: what is read, and a whole lab with one.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scriptedResearcher } from '../research/models/testing/scriptedResearcher'
import { startScriptedServer, type Script, type ScriptedServer } from '../research/models/testing/scriptedServer'
import { ADAPTER, landscapeOf, scriptedBox, scriptedTrainer } from '../research/testing'
import { defaultProgram } from '../sandbox/defaultProgram'
import { findKnobs } from '../sandbox/knobs'
import { parseLabArgs } from './args'
import { EXIT, runHeadless } from './headless'
import { researcherSpec } from './modelArgs'
import { jsonReport } from './report'
import { textData, textSource } from './textData'

const NAMES = ['evolution', 'random', 'model', 'hybrid']
const parse = (line: string) => parseLabArgs(line.split(' ').filter(Boolean), NAMES)
const spec = (line: string) => researcherSpec(parse(line).model, undefined)

describe('options', () => {
  it('makes a researcher of what is said, and of what is usual', () => {
    expect(spec('')).toBeUndefined()
    expect(spec('--model anthropic/claude-haiku-4-5')).toEqual({
      model: { provider: 'anthropic', model: 'claude-haiku-4-5' },
      edits: 'code',
      caps: { requests: null, tokens: null, usd: null },
      ratio: 0.2,
      sampler: 'cma-es',
      standIn: null,
    })
    expect(spec('--model ollama/qwen3:8b')?.edits).toBe('knobs')
    const line =
      '--model openrouter/some/model --context 32000 --edits knobs --ratio 0.5 --sampler random --stand-in evolution ' +
      '--max-requests 10 --max-tokens 200000 --max-usd 1.5'
    expect(spec(line)).toEqual({
      model: { provider: 'openrouter', model: 'some/model', contextTokens: 32_000 },
      edits: 'knobs',
      caps: { requests: 10, tokens: 200_000, usd: 1.5 },
      ratio: 0.5,
      sampler: 'random',
      standIn: 'evolution',
    })
  })

  it('changes what is said again, and keeps the rest', () => {
    const before = spec('--model compatible/m --address http://127.0.0.1:9/v1 --max-usd 2')
    expect(researcherSpec(parse('--max-tokens 500 --ratio 0.1').model, before)).toMatchObject({
      model: { provider: 'compatible', model: 'm', address: 'http://127.0.0.1:9/v1' },
      caps: { tokens: 500, usd: 2 },
      ratio: 0.1,
    })
    expect(() => spec('--ratio 0.1')).toThrow(/no model/)
  })

  it.each([
    ['--model gpt', /--model cannot be "gpt"/],
    ['--model paste/x', /--model cannot be/],
    ['--model page/x', /--model cannot be/],
    ['--model compatible/m', /No address/],
    ['--model compatible/m --address nowhere', /no address/],
    ['--model openai/m --address https://evil.example/v1', /not at/],
    ['--model openai/m --ratio 0.9', /ratio/],
    ['--model openai/m --ratio x', /--ratio cannot be "x"/],
    ['--model openai/m --edits all', /--edits cannot be "all"/],
    ['--model openai/m --max-usd -1', /--max-usd/],
    ['--model openai/m --max-requests many', /--max-requests cannot be "many"/],
    ['--key sk-1', /--key/],
  ])('refuses %s', (line, message) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'import.invalid', message: expect.stringMatching(message), hint: expect.stringMatching(/\S/) }))
  })
})

describe('a lab', () => {
  let root = ''
  let server: ScriptedServer | null = null
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'assay-cli-'))))
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server?.close()
    server = null
    rmSync(root, { recursive: true, force: true })
  })

  async function lab(options: string, script: Script) {
    server ??= await startScriptedServer(script)
    const out = join(root, 'out')
    const lines: { event: string }[] = []
    const trainer = scriptedTrainer(landscapeOf(findKnobs(defaultProgram('software')), 3), 0.002)
    trainer.open = async () => ADAPTER
    const line = `--json --out ${out} --model compatible/scripted --address ${server.address} ${options}`
    const parts = { trainer, box: scriptedBox(), source: textSource, prepare: textData }
    const report = jsonReport({ write: (text: string) => lines.push(JSON.parse(text) as { event: string }) })
    const code = await runHeadless(parse(line), parts, report, new AbortController().signal)
    const rows = readFileSync(join(out, 'results.tsv'), 'utf8').trim().split('\n').slice(1)
    return { code, lines, rows, asked: server.asked, end: lines.at(-1) }
  }

  const answers = scriptedResearcher((k) => ({ name: 'MATRIX_LR', value: 0.011 + k / 1000 }))

  it('asks the model with the key of the environment, which is told nowhere', async () => {
    vi.stubEnv('ASSAY_MODEL_KEY', 'sk-of-the-environment')
    const { code, lines, rows, asked } = await lab('--controller model --edits knobs --experiments 2', answers)
    expect(code).toBe(EXIT.done)
    expect(rows.filter((row) => row.includes('MATRIX_LR'))).toHaveLength(2)
    expect(asked.every(({ headers }) => headers.authorization === 'Bearer sk-of-the-environment')).toBe(true)
    expect(JSON.stringify(lines)).not.toContain('sk-of-the-environment')
    expect(lines.at(-1)).toMatchObject({ event: 'end', spent: { requests: asked.length, usd: null } })
    expect(lines.some(({ event }) => event === 'text')).toBe(false)
  })

  it('says which models are installed where none is named, or one that is not', async () => {
    server = await startScriptedServer(answers, { models: ['qwen3:8b', 'llama3.2:latest'] })
    const on = (name: string) => lab(`--controller model --experiments 1 --model ollama/${name} --address ${server!.address}`, answers)
    const hint = 'Ollama has: llama3.2:latest, qwen3:8b. Name one as --model ollama/NAME.'
    await expect(on('')).rejects.toMatchObject({ code: 'import.invalid', message: 'No model is named.', hint })
    await expect(on('qwen3')).rejects.toMatchObject({ message: 'Ollama has no model "qwen3".', hint })
    expect(server.asked).toHaveLength(0)
    expect((await on('llama3.2')).code).toBe(EXIT.done)
  })

  it('a hybrid asks it now and then', async () => {
    const { code, asked } = await lab('--controller hybrid --sampler random --ratio 0.5 --edits knobs --guide off --experiments 13', answers)
    expect(code).toBe(EXIT.done)
    const proposals = asked.filter(({ schema }) => JSON.stringify(schema).includes('hypothesis'))
    expect(proposals).toHaveLength(1)
  })

  it('ends as blocked where the model refuses, or its limit is reached', async () => {
    const refused = await lab('--controller model --experiments 2', [{ status: 401 }])
    expect(refused.code).toBe(EXIT.failed)
    expect(JSON.stringify(refused.end)).toContain('BLOCKED')
    server!.follow(answers)
    const capped = await lab('--controller model --edits knobs --max-requests 0 --experiments 2', answers)
    expect(capped.code).toBe(EXIT.failed)
    expect(JSON.stringify(capped.end)).toContain('limit')
  })

  it('refuses a researcher without its model before anything is made', async () => {
    await expect(runHeadless(parse(`--out ${join(root, 'out')} --controller model`), null as never, jsonReport({ write: () => {} }), new AbortController().signal)).rejects.toMatchObject({
      code: 'import.invalid',
    })
  })
})
