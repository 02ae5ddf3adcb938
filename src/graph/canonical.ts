// What a program computes, whatever it calls things. Two descriptions that differ in names, lines, the order in which
// things were written down, or ops that lead nowhere have one canonical form: they are one experiment, and their
// parameters start from the same numbers.

import { canonicalJson } from '../core/canonicalJson'
import { sha256 } from '../core/hash'
import type { Attrs, GraphNode, ModelGraph } from './ir'
import type { ProgramSpec } from './program'

/** Attributes that say where or how a kernel was written; what it computes is in the printed code beside them. */
const WORDING = new Set(['name', 'forward', 'backward', 'forwardLines', 'backwardLines'])

/** SHA-256 over the canonical form of a program. */
export function canonicalHash(program: ProgramSpec): Promise<string> {
  return sha256(canonicalJson(canonicalForm(program)))
}

/**
 * Each parameter's place among those of its shape, by name: `128×64/2` is the third [128, 64] that the logits lead back
 * to. Initial weights are drawn by place and not by name, so that another name is not another draw; a parameter of a
 * new shape, or behind the others, leaves them as they were.
 */
export function drawPlaces(graph: ModelGraph): Map<string, string> {
  const used = walk(graph).params
  const known = new Set(used)
  const names = [...used, ...graph.params.map(({ name }) => name).filter((name) => !known.has(name))]
  const shapes = new Map(graph.params.map(({ name, shape }) => [name, shape.join('×')]))
  const seen = new Map<string, number>()
  return new Map(
    names.map((name) => {
      const shape = shapes.get(name)!
      const place = seen.get(shape) ?? 0
      seen.set(shape, place + 1)
      return [name, `${shape}/${place}`]
    }),
  )
}

function canonicalForm({ version, batch, training, graph, groups, schedule, ramp }: ProgramSpec): unknown {
  const { nodes, params } = walk(graph)
  const specs = new Map(graph.params.map((spec) => [spec.name, spec]))
  const rules = new Map(groups.flatMap(({ params: members, ...rule }) => members.map((name) => [name, rule])))
  return {
    version, batch, training, schedule, ramp, nodes,
    params: params.map((name) => ({ shape: specs.get(name)?.shape, init: specs.get(name)?.init, rule: rules.get(name) })),
  } // prettier-ignore
}

/**
 * The nodes that the logits depend on, as texts in the order in which a walk from the logits finishes them, and their
 * parameters in the order in which it meets them. Equal nodes over equal inputs are one node, but for those that draw.
 */
function walk({ nodes, output }: ModelGraph): { nodes: string[]; params: string[] } {
  const found = { nodes: [] as string[], params: [] as string[] }
  const params = new Map<string, number>()
  const byText = new Map<string, number>()
  const numbers = new Map<number, number>()
  // no recursion: a graph may be 20,000 nodes deep
  const stack = [{ at: output, next: 0 }]
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const node = nodes[top.at]
    const input = node.inputs[top.next++]
    if (input !== undefined) {
      if (!numbers.has(input)) stack.push({ at: input, next: 0 })
      continue
    }
    stack.pop()
    if (numbers.has(top.at)) continue
    const text = canonicalJson([node.op, node.inputs.map((i) => numbers.get(i)!), wordless(node, params, found.params)])
    const twin = node.op === 'dropout' ? undefined : byText.get(text)
    numbers.set(top.at, twin ?? found.nodes.length)
    if (twin !== undefined) continue
    byText.set(text, found.nodes.length)
    found.nodes.push(text)
  }
  return found
}

function wordless({ op, attrs }: GraphNode, params: Map<string, number>, order: string[]): Attrs {
  if (op === 'wgsl') return Object.fromEntries(Object.entries(attrs).filter(([key]) => !WORDING.has(key) || !isPrinted(attrs, key)))
  if (op !== 'param') return attrs
  const name = String(attrs.name)
  if (!params.has(name)) params.set(name, order.push(name) - 1)
  return { place: params.get(name)! }
}

/** A text counts until there is printed code to stand for it. */
function isPrinted(attrs: Attrs, key: string): boolean {
  return !['forward', 'backward'].includes(key) || typeof attrs[`${key}Code`] === 'string'
}
