// How much work a text can be: operations written down, calls replaced by what they call, inside of loops and outside.
// WGSL has no recursion, so this ends; but calls of calls double quickly, which is why it is counted and not written out.

import * as wgsl from './parser'
import { TextFault } from './scan'

/** Operations outside of loops, and of the longest single iteration of any loop. */
export interface Cost {
  straight: number
  body: number
  /** all of them: what a compiler has to swallow */
  written: number
}

/** Cost of calling `entry`. @throws TextFault when functions call each other in a circle */
export function costOf(functions: ReadonlyMap<string, wgsl.Function>, entry: string): Cost {
  const known = new Map<string, Cost>()
  const open = new Set<string>()

  function call(name: string): Cost {
    const found = known.get(name)
    if (found) return found
    const made = functions.get(name)
    // a function of ours, or a built-in one: a few operations
    if (!made) return { straight: 4, body: 0, written: 4 }
    if (open.has(name)) throw new TextFault(`"${name}" calls itself`, made.line, 'WGSL has no recursion: use a loop.')
    open.add(name)
    const cost = { straight: 1, body: 0, written: 1 }
    block(made.body, cost)
    open.delete(name)
    known.set(name, cost)
    return cost
  }

  function add(cost: Cost, other: Cost): void {
    cost.straight += other.straight
    cost.written += other.written
    cost.body = Math.max(cost.body, other.body)
  }

  /** Each iteration's trip is counted, so what is inside adds to `body`, not to `straight`. */
  function loop(cost: Cost, body: readonly wgsl.Statement[], parts: readonly (wgsl.Node | null)[]): void {
    const inner = { straight: 2, body: 0, written: 2 }
    for (const part of parts) if (part) visit(part, inner)
    block(body, inner)
    cost.body = Math.max(cost.body, inner.straight, inner.body)
    cost.straight += inner.straight
    cost.written += inner.written
  }

  function block(body: readonly wgsl.Statement[], cost: Cost): void {
    for (const each of body) {
      if (Array.isArray(each)) block(each as wgsl.Statement[], cost)
      else visit(each, cost)
    }
  }

  function visit(node: wgsl.Node, cost: Cost): void {
    if (node instanceof wgsl.For) {
      if (node.init) visit(node.init, cost)
      return loop(cost, node.body, [node.condition, node.increment])
    }
    if (node instanceof wgsl.While) return loop(cost, node.body, [node.condition])
    if (node instanceof wgsl.Loop) return loop(cost, node.body, [])
    cost.straight++
    cost.written++
    if (node instanceof wgsl.Call || node instanceof wgsl.CallExpr) add(cost, call(node.name))
    if (node instanceof wgsl.If) {
      block(node.body, cost)
      block(node.else ?? [], cost)
    }
    for (const child of childrenOf(node)) visit(child, cost)
  }

  return call(entry)
}

/** What hangs below a node, but for the bodies of loops and of if. */
function childrenOf(node: wgsl.Node): wgsl.Node[] {
  const found: unknown[] = []
  if (node instanceof wgsl.Expression) found.push(node.postfix)
  if (node instanceof wgsl.Var || node instanceof wgsl.Let || node instanceof wgsl.Const || node instanceof wgsl.Return) found.push(node.value)
  if (node instanceof wgsl.Assign) found.push(node.variable, node.value)
  if (node instanceof wgsl.Increment) found.push(node.variable)
  if (node instanceof wgsl.Call || node instanceof wgsl.CallExpr || node instanceof wgsl.CreateExpr) found.push(node.args)
  if (node instanceof wgsl.If) found.push(node.condition, node.elseif)
  if (node instanceof wgsl.ElseIf || node instanceof wgsl.Continuing) found.push(node.body)
  if (node instanceof wgsl.ElseIf || node instanceof wgsl.Break) found.push(node.condition)
  if (node instanceof wgsl.UnaryOperator) found.push(node.right)
  if (node instanceof wgsl.BinaryOperator) found.push(node.left, node.right)
  if (node instanceof wgsl.BitcastExpr) found.push(node.value)
  if (node instanceof wgsl.ArrayIndex) found.push(node.index)
  return (found.flat(Infinity) as (wgsl.Node | null)[]).filter((each) => each !== null && each !== undefined)
}
