// Knobs: the literals of train.js that a classical optimiser may rewrite, found and changed in the text itself,
// so that every other byte of the researcher's file stays as it was.

import { parse } from 'acorn'
import type { CallExpression, Expression, ObjectExpression, Program, Property, SpreadElement, VariableDeclaration } from 'acorn'
import { LabError } from '../core/errors'
import type { Knob } from './contract'

export type KnobValue = Knob['value']

/**
 * The knobs of a program in order: every `const NAME = knob(literal, { int | linear | log | pow2 | oneOf: […] })` at
 * top level, exported or not, with `when: { OTHER: [values] }` beside the space where it plays a part under that
 * condition only. Calls whose value, space or condition is not literal are not knobs and are passed over.
 * @throws LabError program.syntax with the line
 */
export function findKnobs(source: string): Knob[] {
  const knobs: Knob[] = []
  for (const statement of parseSource(source).body) {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declared?.type !== 'VariableDeclaration' || declared.kind !== 'const') continue
    knobs.push(...knobsOf(declared, source))
  }
  return knobs
}

/**
 * The knobs that play a part, in order: those whose every condition is met by `values`, or by the knobs' own values
 * where it names none. A condition on a knob that is not declared before is taken as met.
 */
export function activeKnobs(knobs: readonly Knob[], values: Record<string, KnobValue> = {}): Knob[] {
  const valueOf = (knob: Knob) => (Object.hasOwn(values, knob.name) ? values[knob.name] : knob.value)
  const active = new Map<string, boolean>()
  return knobs.filter((knob, i) => {
    const isMet = Object.entries(knob.when ?? {}).every(([name, wanted]) => {
      const other = knobs.slice(0, i).find((earlier) => earlier.name === name)
      return !other || (active.get(name) === true && wanted.includes(valueOf(other)))
    })
    active.set(knob.name, isMet)
    return isMet
  })
}

/**
 * Rewrites the literals of the named knobs and nothing else. Numbers are snapped to the knob's space (snapToSpace);
 * a literal that already has its value is left as it is written.
 * @throws LabError program.syntax; lab.state for an unknown name, a value of the wrong type or not among the options
 */
export function setKnobs(source: string, values: Record<string, KnobValue>): string {
  const knobs = findKnobs(source)
  for (const name of Object.keys(values)) {
    if (!knobs.some((knob) => knob.name === name)) throw knobError(name, 'there is no such knob in train.js')
  }
  let text = source
  for (const knob of knobs.toReversed()) {
    if (!Object.hasOwn(values, knob.name)) continue
    const value = snapToSpace(knob, values[knob.name])
    if (value === knob.value) continue
    text = text.slice(0, knob.start) + literal(value) + text.slice(knob.end)
  }
  return text
}

/**
 * The value that a knob takes when set to `value`: int rounded, pow2 to the nearest power, linear and log to four
 * significant digits, all clamped to the range; oneOf must name an option.
 * @throws LabError lab.state
 */
export function snapToSpace(knob: Pick<Knob, 'name' | 'space'>, value: KnobValue): KnobValue {
  const { space } = knob
  if (space.kind === 'oneOf') {
    if (!space.options.includes(value)) throw knobError(knob.name, `${String(value)} is not one of its options`)
    return value
  }
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw knobError(knob.name, `expected a finite number, got ${String(value)}`)
  const { min, max } = space
  if (space.kind === 'pow2') {
    const exponent = Math.round(Math.log2(Math.max(value, Number.MIN_VALUE)))
    return 2 ** clamp(exponent, Math.ceil(Math.log2(min)), Math.floor(Math.log2(max)))
  }
  return clamp(space.kind === 'int' ? Math.round(value) : Number(value.toPrecision(4)), min, max)
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value)) + 0 // + 0 turns -0 into 0
}

/** Shortest text that reads back as the same value: 0.0049, 1e-7, 'reluSquared', true. */
function literal(value: KnobValue): string {
  if (typeof value !== 'string') return String(value)
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function parseSource(source: string): Program {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    const line = (cause as SyntaxError & { loc?: { line: number } }).loc?.line ?? null
    const message = cause.message.replace(/ \(\d+:\d+\)$/, '')
    throw new LabError('program.syntax', `train.js line ${line ?? '?'}: ${message}`, {
      hint: 'Mend the syntax at this line of train.js.',
      data: { line },
      cause,
    })
  }
}

function knobsOf(declaration: VariableDeclaration, source: string): Knob[] {
  const knobs: Knob[] = []
  for (const { id, init } of declaration.declarations) {
    if (id.type !== 'Identifier' || init?.type !== 'CallExpression' || !isKnobCall(init)) continue
    const [literalNode, spaceNode] = init.arguments
    const value = literalValue(literalNode)
    const read = readSpace(spaceNode)
    if (value === undefined || read === null) continue
    const { start, end } = literalNode
    const line = source.slice(0, start).split('\n').length
    knobs.push({ name: id.name, value, ...read, line, start, end })
  }
  return knobs
}

function isKnobCall(call: CallExpression): boolean {
  return call.callee.type === 'Identifier' && call.callee.name === 'knob' && call.arguments.length === 2
}

function literalValue(node: Expression | SpreadElement | null): KnobValue | undefined {
  if (node?.type === 'UnaryExpression' && node.operator === '-') {
    const value = literalValue(node.argument)
    return typeof value === 'number' ? -value : undefined
  }
  if (node?.type !== 'Literal') return undefined
  const { value } = node
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : undefined
}

/** `{ kind: [range] }`, or `{ kind: [range], when: { NAME: [values] } }`. */
function readSpace(node: Expression | SpreadElement): Pick<Knob, 'space' | 'when'> | null {
  const properties = node.type === 'ObjectExpression' ? plainProperties(node) : null
  const spaces = properties?.filter(({ name }) => name !== 'when') ?? []
  if (!properties || spaces.length !== 1 || properties.length > 2) return null
  const [{ name: kind, value }] = spaces
  const options = literalList(value)
  if (!options) return null
  const condition = properties.find(({ name }) => name === 'when')
  const when = condition ? readCondition(condition.value) : undefined
  const space = when === null ? null : spaceOf(kind, options)
  return space && { space, ...(when ? { when } : {}) }
}

function spaceOf(kind: string, options: KnobValue[]): Knob['space'] | null {
  if (kind === 'oneOf') return { kind, options }
  if (kind !== 'int' && kind !== 'linear' && kind !== 'log' && kind !== 'pow2') return null
  const [min, max] = options
  if (options.length !== 2 || typeof min !== 'number' || typeof max !== 'number' || !(min <= max)) return null
  return { kind, min, max }
}

function readCondition(node: Property['value']): Knob['when'] | null {
  const properties = node.type === 'ObjectExpression' ? plainProperties(node) : null
  if (!properties) return null
  const entries = properties.map(({ name, value }) => [name, literalList(value)] as const)
  const lists = entries.flatMap(([name, list]) => (list ? [[name, list] as const] : []))
  return lists.length === entries.length && lists.length > 0 ? Object.fromEntries(lists) : null
}

function plainProperties(node: ObjectExpression): { name: string; value: Property['value'] }[] | null {
  const plain = node.properties.flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' && !property.computed
      ? [{ name: property.key.name, value: property.value }]
      : [],
  )
  return plain.length === node.properties.length ? plain : null
}

function literalList(node: Property['value']): KnobValue[] | null {
  if (node.type !== 'ArrayExpression') return null
  const values = node.elements.map(literalValue).filter((value) => value !== undefined)
  return values.length === node.elements.length && values.length > 0 ? values : null
}

function knobError(name: string, problem: string): LabError {
  return new LabError('lab.state', `knob ${name}: ${problem}`, { hint: 'Read the knobs again with findKnobs.' })
}
