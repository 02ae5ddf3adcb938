// The border: untrusted JSON text in, plain checked data out. Only what is listed here gets through.

import { z } from 'zod'
import { LabError } from '../core/errors'
import type { Attrs, GraphNode, ModelGraph, OpName } from '../graph/ir'
import { BINARY_OPS, STRUCTURED_OPS, UNARY_OPS } from '../graph/ir'
import type { ParamGroup, ProgramSpec } from '../graph/program'
import { RAMP_STEPS, RULES, SCHEDULE_POINTS } from '../graph/program'
import { LIMITS } from './limits'

// Without this zod compiles its checks with new Function, which the page's CSP forbids (and reports).
z.config({ jitless: true })

/** The description is six levels deep; anything deeper is no description. */
const MAX_DEPTH = 12

const finite = z.number()
const count = (max: number, min = 0) => z.number().int().min(min).max(max)
const atLeastZero = finite.min(0)
const multipliers = z.array(finite.min(0).max(1e6)).length(SCHEDULE_POINTS)
const integers = z.array(z.number().int()).max(LIMITS.rank)
const kernelText = z.string().max(LIMITS.kernelChars)
const paramName = z.string().regex(/^[\w.-]{1,64}$/)
const opName = z.enum([...UNARY_OPS, ...BINARY_OPS, ...STRUCTURED_OPS])

/** Attributes of the ops that have any; all others take none. Ranges belong to the ops (src/graph/ops). */
const attrsOf: Partial<Record<OpName, z.ZodType<Attrs>>> = {
  softcap: z.strictObject({ cap: finite }),
  affine: z.strictObject({ scale: finite, offset: finite }),
  param: z.strictObject({ name: paramName }),
  constant: z.strictObject({ value: finite }),
  rmsNorm: z.strictObject({ eps: finite }),
  layerNorm: z.strictObject({ eps: finite }),
  rope: z.strictObject({ base: finite }),
  attention: z.strictObject({ window: finite, scale: finite, softcap: finite }),
  reshape: z.strictObject({ dims: integers }),
  transpose: z.strictObject({ perm: integers }),
  slice: z.strictObject({ axis: finite, start: finite, end: finite }),
  concat: z.strictObject({ axis: finite }),
  shift: z.strictObject({ by: finite }),
  dropout: z.strictObject({ rate: finite }),
  // the texts are read by src/graph/wgsl; what they are compiled to is nothing a program can say
  wgsl: z.strictObject({
    name: z.string().max(32),
    per: z.enum(['token', 'row']),
    names: z.string().max(80),
    dims: integers,
    lanes: finite,
    state: finite,
    trips: finite,
    forward: kernelText,
    backward: kernelText,
  }),
}
const noAttrs: z.ZodType<Attrs> = z.strictObject({})

const nodeForm = z.strictObject({
  op: opName,
  inputs: z.array(count(LIMITS.nodes)).max(LIMITS.inputs),
  attrs: z.unknown(),
  line: count(LIMITS.sourceChars, 1).optional(),
})

const initForm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('zeros') }),
  z.strictObject({ kind: z.literal('constant'), value: finite }),
  z.strictObject({ kind: z.literal('normal'), std: atLeastZero }),
  z.strictObject({ kind: z.literal('uniform'), bound: atLeastZero }),
])

const groupForm = z.strictObject({
  params: z.array(paramName).min(1).max(LIMITS.params),
  rule: z.enum(RULES),
  lr: atLeastZero,
  beta1: atLeastZero.lt(1),
  beta2: atLeastZero.lt(1),
  eps: atLeastZero,
  weightDecay: atLeastZero,
  momentum: atLeastZero.lt(1),
})

const programForm = z.strictObject({
  version: z.literal(1),
  batch: z.strictObject({
    rows: count(LIMITS.rows, 1),
    context: count(LIMITS.context, LIMITS.minContext),
    accumulate: count(LIMITS.accumulate, 1),
  }),
  training: z.strictObject({ clip: atLeastZero, ema: atLeastZero.lt(1) }),
  graph: z.strictObject({
    params: z
      .array(z.strictObject({ name: paramName, shape: z.array(count(LIMITS.dim, 1)).max(LIMITS.rank), init: initForm }))
      .max(LIMITS.params),
    nodes: z.array(z.unknown()).min(1).max(LIMITS.nodes),
    output: count(LIMITS.nodes),
  }),
  groups: z.array(groupForm).max(LIMITS.groups),
  schedule: z.strictObject({ lr: multipliers, weightDecay: multipliers }),
  ramp: z.strictObject({ momentum: z.array(atLeastZero.lt(1)).max(RAMP_STEPS) }),
})

/**
 * Reads the box's JSON text as a program: every piece strict, every number finite and in range, every op known,
 * every input an earlier node, every parameter in exactly one group. Shapes are not checked here.
 * @throws LabError sandbox.output when it is not such text, program.graph when the description is wrong
 */
export function parseProgram(text: string): ProgramSpec {
  const parsed = programForm.safeParse(parseBounded(text))
  if (!parsed.success) throw formError('', parsed.error)
  const { graph: rawGraph, ...rest } = parsed.data
  const graph = { ...rawGraph, nodes: rawGraph.nodes.map(parseNode) }
  checkGraph(graph)
  checkGroups(graph, rest.groups)
  return { ...rest, graph }
}

function parseBounded(text: string): unknown {
  if (text.length > LIMITS.outputChars)
    throw outputError(`the description is longer than ${LIMITS.outputChars} characters`, 'Build a smaller model.')
  if (nesting(text) > MAX_DEPTH) throw outputError(`the description is nested deeper than ${MAX_DEPTH} levels`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw outputError('what left the box is not JSON', undefined, cause)
  }
}

/** How deep brackets are nested outside strings; JSON.parse itself would recurse. */
function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quoted && char === '\\') i++
    else if (char === '"') quoted = !quoted
    else if (!quoted && (char === '[' || char === '{')) deepest = Math.max(deepest, ++depth)
    else if (!quoted && (char === ']' || char === '}')) depth--
  }
  return deepest
}

function parseNode(raw: unknown, index: number): GraphNode {
  const node = nodeForm.safeParse(raw)
  if (!node.success) throw formError(`node ${index}: `, node.error)
  const { op, inputs, line } = node.data
  const place = `${line === undefined ? '' : `train.js line ${line}: `}${op}: `
  const attrs = (attrsOf[op] ?? noAttrs).safeParse(node.data.attrs)
  if (!attrs.success) throw formError(place, attrs.error)
  for (const input of inputs) {
    if (input >= index)
      throw graphError(`${place}reads node ${input}, which is not before node ${index}`, 'A model has no cycles.')
  }
  return { op, inputs, attrs: attrs.data, ...(line === undefined ? {} : { line }) }
}

function checkGraph(graph: ModelGraph): void {
  const names = new Set(graph.params.map((param) => param.name))
  if (names.size !== graph.params.length) throw graphError('two parameters have the same name')
  if (graph.output >= graph.nodes.length) throw graphError('the model returns a node that does not exist')
  for (const node of graph.nodes) {
    if (node.op === 'param' && !names.has(node.attrs.name as string))
      throw graphError(`param: there is no parameter ${node.attrs.name as string}`)
  }
}

function checkGroups(graph: ModelGraph, groups: ParamGroup[]): void {
  const shapes = new Map(graph.params.map((param) => [param.name, param.shape]))
  const taken = new Set<string>()
  for (const { params, rule } of groups) {
    for (const name of params) {
      const shape = shapes.get(name)
      if (shape === undefined) throw graphError(`optimizer: there is no parameter ${name}`)
      if (taken.has(name)) throw graphError(`optimizer: ${name} is in two groups`)
      if (rule === 'muon' && shape.length !== 2)
        throw graphError(`optimizer: muon takes matrices only, but ${name} has shape [${shape.join(', ')}]`)
      taken.add(name)
    }
  }
  const left = graph.params.find((param) => !taken.has(param.name))
  if (left) throw graphError(`optimizer: no group matches the parameter ${left.name}`, 'Add a group for it.')
}

function formError(place: string, error: z.ZodError): LabError {
  const issue = error.issues[0]
  const path = issue.path.map(String).join('.')
  return graphError(`${place}${path === '' ? '' : `${path}: `}${issue.message}`)
}

function graphError(message: string, hint = 'Mend train.js; nothing was trained.'): LabError {
  return new LabError('program.graph', message, { hint })
}

const ONLY_OWN_TEXT = 'Only the description that the box itself writes may leave it.'

function outputError(message: string, hint = ONLY_OWN_TEXT, cause?: unknown): LabError {
  return new LabError('sandbox.output', message, { hint, cause })
}
