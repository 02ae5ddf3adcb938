import { describe, expect, it } from 'vitest'
import { parseBudget, parseLabArgs } from './args'

const parse = (line: string) => parseLabArgs(line.split(' ').filter(Boolean), ['evolution', 'random'])

describe('command line', () => {
  it('leaves to the lab what is not said', () => {
    expect(parse('')).toEqual({
      data: null,
      val: null,
      experiments: 10,
      budget: null,
      controller: null,
      out: 'lab-out',
      seed: null,
      tokenizer: null,
      rule: null,
      backend: 'auto',
      minSpeed: null,
      memory: null,
      minutes: null,
      target: null,
      guide: null,
      model: { caps: {} },
      json: false,
      help: false,
    })
  })

  it('reads every option', () => {
    const line =
      '--data a.txt --val b.txt --experiments 3 --budget 200ktok --controller random --out o --seed 0 ' +
      '--tokenizer bpe:512 --rule plain --backend wasm --min-speed 500 --memory 48 --minutes 2.5 --target 1.2 --guide off --json'
    expect(parse(line)).toEqual({
      data: 'a.txt',
      val: 'b.txt',
      experiments: 3,
      budget: { kind: 'tokens', amount: 200_000 },
      controller: 'random',
      out: 'o',
      seed: 0,
      tokenizer: { kind: 'bpe', vocab: 512 },
      rule: 'plain',
      backend: 'wasm',
      minSpeed: 500,
      memory: 48,
      minutes: 2.5,
      target: 1.2,
      guide: 'off',
      model: { caps: {} },
      json: true,
      help: false,
    })
  })

  it('reads budgets', () => {
    expect(parseBudget('30s')).toEqual({ kind: 'seconds', amount: 30 })
    expect(parseBudget('1.5m')).toEqual({ kind: 'seconds', amount: 90 })
    expect(parseBudget('2Mtok')).toEqual({ kind: 'tokens', amount: 2_000_000 })
    expect(parseBudget('0.5tok')).toEqual({ kind: 'tokens', amount: 1 })
  })

  it.each([
    ['--dta x', /--dta/],
    ['stray', /stray/],
    ['--data', /--data/],
    ['--val b.txt', /--val needs --data/],
    ['--budget 30', /--budget cannot be "30"/],
    ['--budget 0s', /--budget/],
    ['--budget -1s', /--budget/],
    ['--experiments 0', /--experiments cannot be "0"/],
    ['--experiments 2.5', /--experiments/],
    ['--seed 4294967296', /--seed/],
    ['--tokenizer bpe:100', /--tokenizer/],
    ['--tokenizer words', /--tokenizer/],
    ['--controller gpt', /--controller cannot be "gpt"/],
    ['--rule strict', /--rule cannot be "strict"/],
    ['--minutes 0', /--minutes cannot be "0"/],
    ['--target low', /--target cannot be "low"/],
    ['--guide maybe', /--guide cannot be "maybe"/],
  ])('refuses %s', (line, message) => {
    let thrown: unknown
    try {
      parse(line)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'import.invalid', hint: expect.stringMatching(/\w/) })
    expect((thrown as Error).message).toMatch(message)
  })
})
