// From an author's text to the text that is compiled. Loaded only where a program has a custom kernel: the parser is large.

import { Function as FunctionNode, Token, TokenTypes, WgslParser, WgslScanner } from './parser'
import { LabError } from '../../core/errors'
import { costOf } from './cost'
import { KERNEL_LIMITS, type KernelText } from './kernel'
import { accessorsOf, isBuiltin, isTypeName, REPLACED, type Frame } from './names'
import { PLAIN, print, wordsOf, type Naming } from './print'
import { scan, TextFault } from './scan'

/** What the compiled text begins every loop with; `spend` is the frozen side's (src/engine/kernels/custom.ts). */
const COUNTER = 'if (spend()) { break; }'

/**
 * Reads a text, refuses what a kernel may not contain, and prints it anew from the syntax tree: the author's variables
 * as v_…, functions as f_…, a trip counter in every loop. What was printed is compared with what was written, so that
 * nothing the parser overlooked can change what the text says.
 * @param place of the kernel, for messages: 'train.js line 12: kernel "gate"'
 * @throws LabError "program.graph" with the line of the text
 */
export function readKernelText(text: string, which: 'forward' | 'backward', frame: Frame, place: string): KernelText {
  try {
    return read(text, which, frame)
  } catch (thrown) {
    if (!(thrown instanceof TextFault)) throw thrown
    const line = thrown.line > 0 ? ` line ${thrown.line}` : ''
    throw new LabError('program.graph', `${place}, ${which}${line}: ${thrown.message}.`, { hint: thrown.hint, data: { kernelLine: thrown.line } })
  }
}

function read(text: string, which: 'forward' | 'backward', frame: Frame): KernelText {
  // the scanner takes the minus of a[i]-1 for a sign
  const tokens = scan(text.replace(/(?<![eE])-(?=[\d.])/g, '- '))
  const functions = parse(tokens)
  const plain = print(functions, PLAIN)
  checkSame(tokens, plain.lines)
  const accessors = accessorsOf(frame, which)
  const own = ownFunctions(functions, accessors)
  checkEntry(own.get(which), which)
  const cost = costOf(own, which)
  if (cost.written > KERNEL_LIMITS.operations) {
    const much = `comes to ${cost.written > 1e6 ? 'millions of' : cost.written} operations when every call is written out`
    throw new TextFault(`${much}; ${KERNEL_LIMITS.operations} are allowed`, 0, 'Call fewer functions from functions; use loops.')
  }
  const naming: Naming = {
    variable: (name) => `v_${name}`,
    call(name, line) {
      if (own.has(name)) return `f_${name}`
      const known = accessors.get(name) ?? REPLACED.get(name) ?? (isBuiltin(name) ? name : undefined)
      if (known === undefined)
        throw new TextFault(`there is no function "${name}"`, line, `Known here: ${[...accessors.keys()].join(', ')}, your own, and the mathematical functions of WGSL.`)
      return known
    },
    counter: COUNTER,
  }
  const { lines, from } = print(functions, naming)
  return { code: lines.join('\n'), lines: from, straight: cost.straight, body: cost.body }
}

/** A name that no text can call. */
const NAMELESS = 'own__function'

/**
 * The functions of a text, each parsed alone and under another name: the parser also follows calls, for ever where
 * functions call each other in a circle.
 */
function parse(tokens: readonly Token[]): FunctionNode[] {
  const starts = tokens.flatMap(({ lexeme }, i) => (lexeme === 'fn' ? [i] : []))
  if (starts.length > KERNEL_LIMITS.functions)
    throw new TextFault(`has more than ${KERNEL_LIMITS.functions} functions`, tokens[starts[KERNEL_LIMITS.functions]].line, 'Use fewer.')
  return starts.map((start, i) => parseFunction(tokens.slice(start, starts[i + 1])))
}

function parseFunction([word, name, ...rest]: readonly Token[]): FunctionNode {
  const [end] = new WgslScanner('').scanTokens()
  if (name === undefined) throw new TextFault('ends with "fn"', word.line, 'A kernel is made of functions: fn name(…) { … }.')
  const nameless = name.type === TokenTypes.tokens.ident ? new Token(name.type, NAMELESS, name.line, name.start, name.end) : name
  let parsed: unknown[]
  try {
    parsed = new WgslParser().parse([word, nameless, ...rest, end])
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const [, what, line] = /^(.*?)\.* Line: (\d+)$/.exec(message) ?? [message, message, `${word.line}`]
    throw new TextFault(`is not WGSL: ${what.slice(0, 200)}`, Number(line), 'Mend the text at this line.')
  }
  const [made, ...more] = parsed
  if (!(made instanceof FunctionNode) || more.length > 0) throw new TextFault('is not a function', word.line, 'A kernel is made of functions: fn name(…) { … }.')
  made.name = name.lexeme
  return made
}

/** What the tree says must be what was written, word for word. */
function checkSame(tokens: readonly Token[], printed: readonly string[]): void {
  const written = wordsOf(tokens)
  const understood = wordsOf(new WgslScanner(printed.join('\n')).scanTokens().slice(0, -1))
  const at = written.findIndex((word, i) => word !== understood[i])
  if (at < 0 && written.length === understood.length) return
  // words are fewer than tokens, so the line is about right
  const line = tokens[Math.min(Math.max(at, 0), tokens.length - 1)]?.line ?? 0
  const near = written.slice(Math.max(0, at - 2), at + 3).join(' ') // prettier-ignore
  throw new TextFault(`cannot be read without doubt near "${near}"`, line, 'Write it in a simpler way: one operation on one value at a time.')
}

function ownFunctions(functions: readonly FunctionNode[], accessors: ReadonlyMap<string, string>): Map<string, FunctionNode> {
  const own = new Map<string, FunctionNode>()
  for (const each of functions) {
    if (own.has(each.name) || accessors.has(each.name) || isBuiltin(each.name) || isTypeName(each.name))
      throw new TextFault(`the function "${each.name}" is there already`, each.line, 'Give it another name.')
    own.set(each.name, each)
  }
  return own
}

function checkEntry(entry: FunctionNode | undefined, which: string): void {
  const fits = entry && entry.returnType === null && entry.args.length === 2 && entry.args.every(({ type }) => type.name === 'u32')
  if (!fits) throw new TextFault(`must have fn ${which}(t: u32, lane: u32)`, entry?.line ?? 0, `Begin with fn ${which}(t: u32, lane: u32) { … }.`)
}
