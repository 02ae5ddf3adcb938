import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabError } from '../../core/errors'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { findKnobs } from '../../sandbox/knobs'
import { LIMITS } from '../../sandbox/limits'
import { applyEdit } from './apply'
import type { Edit } from './edit'
import { formatProgram } from './format'
import { nearestLine } from './nearest'

const PROGRAM = `const DEPTH = knob(3, { int: [1, 12] })
const RULE = knob('muon', { oneOf: ['muon', 'lion'] })

export function model(g, tokens) {
  const x = g.relu(tokens)
  const y = g.relu(x)
  return g.add(x, y)
}
`
const block = (search: string, replace: string) => ({ search, replace })
const blocks = (...list: { search: string; replace: string }[]): Edit => ({ form: 'blocks', blocks: list })

async function failure(edit: Edit, source = PROGRAM): Promise<LabError> {
  const thrown = await applyEdit(source, edit).then(() => null, LabError.from)
  expect(thrown?.code).toBe('controller.badReply')
  return thrown!
}

describe('search and replace', () => {
  it('replaces passages that are there once, whatever their order, and leaves the rest', async () => {
    const text = await applyEdit(
      PROGRAM,
      blocks(block('return g.add(x, y)', 'return g.mul(x, y)'), block('const y = g.relu(x)\n', 'const y = g.gelu(x)\n')),
    )
    expect(text).toBe(PROGRAM.replace('g.add', 'g.mul').replace('y = g.relu', 'y = g.gelu'))
  })

  it('takes dollar signs and line ends of other systems for what they are', async () => {
    const text = await applyEdit(PROGRAM, blocks(block('const x = g.relu(tokens)\r\n', "const x = g.relu(tokens) // $& $1 '\r\n")))
    expect(text).toContain("// $& $1 '\n")
    expect(text).not.toContain('\r')
  })

  it('says which block is there twice, and where', async () => {
    const { message } = await failure(blocks(block('return', 'return '), block('g.relu(', 'g.silu(')))
    expect(message).toBe('Block 2: its search text is there 2 times (at lines 5, 6).')
  })

  it('says which block is there never, and the nearest line', async () => {
    const { message } = await failure(blocks(block('return g.add(y, x)', '')))
    expect(message).toContain('Block 1: its search text is there 0 times.')
    expect(message).toContain('Line 7 is the nearest to it: "return g.add(x, y)".')
  })

  it('says when only spaces differ', async () => {
    expect((await failure(blocks(block('const x  = g.relu(tokens)', '')))).message).toContain('Line 5 differs in spaces only')
  })

  it('counts matches that overlap', async () => {
    expect((await failure(blocks(block('aa', 'b')), 'const x = "aaa"\n')).message).toContain('there 2 times')
  })

  it('refuses blocks that overlap, blocks of nothing, and edits that change nothing', async () => {
    const overlap = await failure(blocks(block('g.add(x, y)', 'x'), block('return g.add(x', 'y')))
    expect(overlap.message).toBe('Blocks 2 and 1 overlap in train.js.')
    expect((await failure(blocks(block('\n\n\n\n', '')))).message).toContain('search text is empty')
    expect((await failure(blocks(block('DEPTH', 'DEPTH')))).message).toContain('changes nothing')
  })

  it('either makes exactly the replacement or refuses, whatever the texts', async () => {
    // longer than is laid out, so that what is compared is the replacement alone
    const filler = '/'.repeat(80_001)
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '$', '&') }), fc.nat(30), fc.nat(8), fc.string(), async (body, at, size, replace) => {
        const source = filler + body
        const search = body.slice(at, at + size)
        fc.pre(search.trim() !== '' && !replace.includes('\r'))
        const once = source.split(search).length === 2 && source.indexOf(search) === source.lastIndexOf(search)
        const result = await applyEdit(source, blocks(block(search, replace))).catch((thrown: unknown) => LabError.from(thrown).code)
        const i = source.indexOf(search)
        const expected = source.slice(0, i) + replace + source.slice(i + search.length)
        expect(result).toBe(once && expected !== source ? expected : 'controller.badReply')
      }),
      { numRuns: 200 },
    )
  })
})

describe('a whole file', () => {
  it('is laid out as the default program is', async () => {
    const text = await applyEdit(PROGRAM, { form: 'file', source: 'export function model(g,tokens){return tokens;}' })
    expect(text).toBe('export function model(g, tokens) {\n  return tokens\n}\n')
  })

  it('that is the present one in another layout changes nothing', async () => {
    expect((await failure({ form: 'file', source: PROGRAM.replaceAll('\n  ', '\n\t\t') })).message).toContain('changes nothing')
  })

  it('that is no program is left for the box to judge', async () => {
    expect(await applyEdit(PROGRAM, { form: 'file', source: 'export function (' })).toBe('export function (')
  })

  it('may not outgrow the box', async () => {
    const big = `const a = '${'x'.repeat(LIMITS.sourceChars)}'\n`
    expect((await failure({ form: 'file', source: big })).message).toContain(`more than ${LIMITS.sourceChars}`)
  })
})

describe('knobs', () => {
  it('are rewritten and held to their ranges, every other byte as it was', async () => {
    const source = PROGRAM.replace('g.relu(tokens)', 'g.relu( tokens );')
    const text = await applyEdit(source, { form: 'knobs', values: [{ name: 'DEPTH', value: 99.4 }, { name: 'RULE', value: 'lion' }] })
    expect(text).toBe(source.replace('knob(3', 'knob(12').replace("knob('muon'", "knob('lion'"))
  })

  it('must be there, once each, with a value of their kind', async () => {
    const say = async (...values: { name: string; value: number | string | boolean }[]) => {
      const { message, hint } = await failure({ form: 'knobs', values })
      return `${message} ${hint}`
    }
    expect(await say({ name: 'WIDTH', value: 1 })).toBe('There is no knob "WIDTH". Knobs: DEPTH, RULE.')
    expect(await say({ name: 'DEPTH', value: 1 }, { name: 'DEPTH', value: 2 })).toContain('named twice')
    expect(await say({ name: 'DEPTH', value: 'four' })).toContain('It takes a whole number from 1 to 12.')
    expect(await say({ name: 'RULE', value: 'sgd' })).toContain('It takes one of "muon", "lion".')
    expect(await say({ name: 'DEPTH', value: 3 })).toContain('changes nothing')
  })
})

describe('layout', () => {
  it('leaves the default program of every tier letter for letter', async () => {
    for (const tier of ['software', 'integrated', 'discrete'] as const) {
      const program = defaultProgram(tier)
      expect(await formatProgram(program)).toBe(program)
      expect(findKnobs(program).length).toBeGreaterThan(20)
    }
  })

  it('is done once and for all', async () => {
    const once = await formatProgram('const a=[1,2,\n3];;let b = a?1:{x:2}')
    expect(await formatProgram(once)).toBe(once)
  })

  it('leaves alone what would take long', async () => {
    const deep = `x=${'f(() => '.repeat(300)}1${')'.repeat(300)}`
    expect(await formatProgram(deep)).toBe(deep)
  })
})

describe('nearestLine', () => {
  it('is the same line where it is there, and the first of equals', () => {
    expect(nearestLine('a b\nccc\nccc', 'ccc')).toEqual({ line: 2, text: 'ccc', likeness: 1 })
    expect(nearestLine('', 'anything')).toMatchObject({ line: 1, likeness: 0 })
  })
})
