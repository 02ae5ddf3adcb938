// What train.js may say, read from the code that listens: the methods of `g` with their comments and defaults, the
// optimiser rules, the settings and the kinds of knobs. Nothing here is written twice, so nothing here goes stale.

import { parse } from 'acorn'
import type { AnyNode, Comment, ObjectExpression, Property } from 'acorn'
import { LabError } from '../../core/errors'
import type { RuleName } from '../../graph/program'
import graphSource from '../../sandbox/box/graph.js?raw'
import preludeSource from '../../sandbox/box/prelude.js?raw'

export interface LanguageReference {
  /** one line a method of g: how it is called, and what it does */
  ops: { name: string; line: string }[]
  /** how g.wgsl is used, at length */
  kernels: string
  /** one line a rule: its settings with their defaults, and its formula */
  rules: { name: RuleName; line: string }[]
  /** what train.js exports, and the kinds of knobs */
  exports: string[]
}

const FORMULAS: Record<RuleName, string> = {
  adamw: 'm, v moments with bias correction: w -= lr·(m̂/(√v̂+eps) + weightDecay·w)',
  muon: 'matrices only; orthogonal updates (Polar Express, NorMuon scaling, cautious decay), lr·√max(1, rows/columns)',
  lion: 'w -= lr·(sign(beta1·m + (1-beta1)·g) + weightDecay·w);  m = beta2·m + (1-beta2)·g',
  sgd: 'm = momentum·m + g;  w -= lr·(m + weightDecay·w)',
}

let known: LanguageReference | null = null

/** The reference, made once. @throws LabError "lab.internal" when the box is no longer written as this expects */
export function languageReference(): LanguageReference {
  known ??= read()
  return known
}

function read(): LanguageReference {
  const graph = open(graphSource)
  const prelude = open(preludeSource)
  const methods = propertiesOf(graph, 'g')
  const wgsl = methods.find(({ name }) => name === 'wgsl')
  if (!wgsl) throw changed('g.wgsl')
  const named = methods.filter((method) => method !== wgsl).map(({ name, property }) => ({ name, line: methodLine(graph, name, property) }))
  const groups = [...listed(graph, 'unary'), ...looped(graph)]
  return {
    ops: [...named, ...groups, { name: 'wgsl', line: 'wgsl({ name, per, inputs, output, lanes, forward, backward }): a GPU kernel of your own' }],
    kernels: commentBefore(graph, wgsl.property.start),
    rules: propertiesOf(prelude, 'groupDefaults').map(({ name, property }) => {
      const rule = name as RuleName
      return { name: rule, line: `${rule} ${prelude.source.slice(property.value.start, property.value.end)}: ${FORMULAS[rule]}` }
    }),
    exports: exportLines(prelude),
  }
}

interface Opened {
  source: string
  nodes: AnyNode[]
  comments: Comment[]
}

function open(source: string): Opened {
  const comments: Comment[] = []
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module', onComment: comments })
  return { source, nodes: [...nodesIn(program)], comments }
}

function* nodesIn(value: unknown): Generator<AnyNode> {
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item)
  else if (isNode(value)) {
    yield value
    for (const child of Object.values(value)) yield* nodesIn(child)
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** Of `const <name> = { … }`. */
function propertiesOf({ nodes }: Opened, name: string): { name: string; property: Property }[] {
  for (const node of nodes) {
    if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier' || node.id.name !== name) continue
    if (node.init?.type !== 'ObjectExpression') continue
    return node.init.properties.flatMap((property) =>
      property.type === 'Property' && property.key.type === 'Identifier' ? [{ name: property.key.name, property }] : [],
    )
  }
  throw changed(name)
}

/** `rope(x, { base: 10000 }): rotary positions on x [B,T,H,D], D even` */
function methodLine(opened: Opened, name: string, { start, value }: Property): string {
  if (value.type !== 'ArrowFunctionExpression' && value.type !== 'FunctionExpression') throw changed(name)
  const settings = settingsOf(opened, [...nodesIn(value)], name)
  const params = value.params.map((param) => {
    const text = opened.source.slice(param.start, param.end)
    return text === 'given' && settings !== null ? settings : text
  })
  return `${name}(${params.join(', ')}): ${commentBefore(opened, start)}`
}

/** The third argument of numbers('<who>', …, { … }) as an example of what may be given; what has no default stands alone. */
function settingsOf(opened: Opened, nodes: readonly AnyNode[], who: string): string | null {
  for (const node of nodes) {
    if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'numbers') continue
    const [first, , defaults] = node.arguments
    if (first?.type === 'Literal' && first.value === who && defaults?.type === 'ObjectExpression') return exampleOf(opened, defaults)
  }
  return null
}

function exampleOf({ source }: Opened, { properties }: ObjectExpression): string {
  const parts = properties.flatMap((property) => {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') return []
    const isRequired = property.value.type === 'Literal' && property.value.value === null
    return [isRequired ? property.key.name : source.slice(property.start, property.end)]
  })
  return `{ ${parts.join(', ')} }`
}

/** Of `const <name> = 'op op op'`: ops that are called alike. */
function listed(opened: Opened, name: string): LanguageReference['ops'] {
  for (const node of opened.nodes) {
    if (node.type !== 'VariableDeclaration') continue
    const [{ id, init }] = node.declarations
    if (id.type !== 'Identifier' || id.name !== name || init?.type !== 'Literal' || typeof init.value !== 'string') continue
    return groupLine(init.value.split(' '), commentBefore(opened, node.start))
  }
  throw changed(name)
}

/** Of `for (const op of ['add', …])`. */
function looped(opened: Opened): LanguageReference['ops'] {
  for (const node of opened.nodes) {
    if (node.type !== 'ForOfStatement' || node.right.type !== 'ArrayExpression') continue
    const names = node.right.elements.flatMap((item) => (item?.type === 'Literal' && typeof item.value === 'string' ? [item.value] : []))
    return groupLine(names, commentBefore(opened, node.start))
  }
  throw changed('the ops of two operands')
}

/** Ops that share a line: the first carries it. */
function groupLine(names: readonly string[], about: string): LanguageReference['ops'] {
  return names.map((name, i) => ({ name, line: i === 0 ? `${names.join(' ')} ${about}` : '' }))
}

function exportLines(prelude: Opened): string[] {
  const settings = (name: string) => settingsOf(prelude, prelude.nodes, name) ?? '{}'
  const kinds = propertiesOf(prelude, 'spaces').map(({ name }) => name)
  return [
    `export const batch = ${settings('batch')}`,
    `export const training = ${settings('training')}   // gradient-norm limit and decay of averaged weights, 0 = off`,
    'export function model(g, tokens): the logits node, [B,T,vocab]',
    'export function optimizer(params): a list of { match, rule, …settings }; the first group that matches takes the parameter',
    'export function schedule({ progress }): { lr, weightDecay }, multipliers; progress goes from 0 to 1',
    'export function ramp({ step }): { momentum } of muon for the first steps',
    `const NAME = knob(value, { ${kinds.join(' | ')}: […] }) at top level, value and space literal; beside the space, when: { OTHER: [values] }`,
    'in the box: knob, vocab, tier; no clock, no randomness, no imports',
  ]
}

/** The text of the block comment that ends right before a place. */
function commentBefore({ source, comments }: Opened, start: number): string {
  const comment = comments.find((one) => one.type === 'Block' && one.end <= start && source.slice(one.end, start).trim() === '')
  if (!comment) throw changed(`the comment before "${source.slice(start, start + 20)}"`)
  return comment.value.replace(/^\*/, '').replace(/\n\s*\* ?/g, '\n').trim()
}

function changed(what: string): LabError {
  return new LabError('lab.internal', `The reference of the language no longer finds ${what} in the box.`, {
    hint: 'Mend src/research/prompt/languageReference.ts.',
  })
}
