// Custom kernels: the frozen text around an author's functions. It owns bindings, entry point, indices and bounds, so that
// a kernel can read its own slices only, can write its own elements only, begins with zeros and ends in time.
//
//   get_x(i)        element i of input x at the call's token, i clamped; per row also get_x_at(s, i) for token s
//   set_y(e, v)     the output, forward only; add_dx(e, v) adds to a gradient, backward only, per row also …_at(s, e, v).
//                   Only elements e with e mod lanes = lane; others are a fault
//   get_state(i)    memory of a lane of a row; set_state(i, v)
//   tanh is safeTanh of shaders/lib/math.wgsl
//   spend()         at the top of every loop: true once the call's trips are used up, a fault too
//
// After a fault the kernel's results are NaN: a run that meets one fails visibly instead of training on something else.
// With `report` each invocation also writes its fault: 0 none, 1 trips, 2 a write outside of its elements.

import math from '../../../shaders/lib/math.wgsl?raw'
import { LabError } from '../../core/errors'
import { callCost, type CustomKernel, type KernelInput, type KernelText } from '../../graph/wgsl/kernel'
import type { Access, Capabilities, Kernel, Lowering } from '../kernel'
import { flatLayout } from './launch'

/** The same kernel on a batch of B rows of T tokens. */
export interface CustomShape {
  kernel: CustomKernel
  B: number
  T: number
}

/** Operations that one invocation may take: a GPU's single thread does about this many in a quarter of a second. */
const MOST_OPERATIONS = 3e7
/** Scalar code with loads in between runs about this much slower than a matrix product. */
const SLOWNESS = 8

/**
 * y = the author's forward.
 * Bindings: those inputs that `names` lists, by "in_<name>": [B·T, size], or [size] if not `batch`; out_y [B·T, size] overwritten.
 * @throws LabError "program.graph" when one invocation may take too long, or the adapter has too few buffers
 */
export function customForward({ kernel, B, T, names }: CustomShape & { names: readonly string[] }, caps: Capabilities, report = false): Lowering {
  const reads = kernel.inputs.filter(({ name }) => names.includes(name))
  const parts = [...reads.map(readerOf(kernel, 't')), writerOf(kernel)]
  return assemble({ kernel, B, T }, 'forward', parts, caps, report)
}

/**
 * Gradients = the author's backward of dOut.
 * Bindings: inputs as forward; in_y if `y`; in_dy [B·T, size]; out_d<name> of `grads` overwritten: [B·T, size], or for an
 * input that is no activation one [size] for each token (per row: for each row), to be summed.
 */
export function customBackward(
  { kernel, B, T, names, grads, y }: CustomShape & { names: readonly string[]; grads: readonly string[]; y: boolean },
  caps: Capabilities,
  report = false,
): Lowering {
  const output = (name: string): KernelInput => ({ name, size: kernel.size, batch: true })
  const reads = [...kernel.inputs.filter(({ name }) => names.includes(name)), ...(y ? [output('y')] : []), output('dy')]
  const adders = kernel.inputs.map((input) => adderOf(kernel, input, grads.includes(input.name)))
  return assemble({ kernel, B, T }, 'backward', [...reads.map(readerOf(kernel, 'T - 1u')), ...adders], caps, report)
}

/** A tensor's declaration and the functions that reach it. */
interface Part {
  binding: { name: string; access: Access } | null
  functions: string
  /** elements of each token, row or whole that a lane must fill with zeros, and what to multiply by for their place */
  own: { size: number; at: 'token' | 'row' | 'part' } | null
}

/** @param latest the last token that a kernel per row may look at */
function readerOf({ per }: CustomKernel, latest: string): (input: KernelInput) => Part {
  return ({ name, size, batch }) => {
    const index = size === 1 ? '0u' : `min(i, ${size - 1}u)`
    const read = (at: string) => `{ return in_${name}[${at}${index}]; }`
    const functions = [`fn get_${name}(i: u32) -> f32 ${read(batch ? `token * ${size}u + ` : '')}`]
    if (batch && per === 'row') functions.push(`fn get_${name}_at(s: u32, i: u32) -> f32 ${read(`(row * T + min(s, ${latest})) * ${size}u + `)}`)
    return { binding: { name: `in_${name}`, access: 'read' }, functions: functions.join('\n'), own: null }
  }
}

function writerOf({ size, lanes }: CustomKernel): Part {
  const functions = `fn set_y(e: u32, v: f32) { if (${isOwn(size, lanes)}) { out_y[token * ${size}u + e] = v; } else { fault |= 2u; } }`
  return { binding: { name: 'out_y', access: 'read_write' }, functions, own: { size, at: 'token' } }
}

/** Without `wanted` nobody needs the gradient: adding to it does nothing. */
function adderOf({ per, lanes }: CustomKernel, { name, size, batch }: KernelInput, wanted: boolean): Part {
  const own = isOwn(size, lanes)
  const add = (at: string) => (wanted ? `{ if (${own}) { out_d${name}[${at} * ${size}u + e] += v; } else { fault |= 2u; } }` : '{ }')
  const place = batch ? 'token' : 'part'
  const functions = [`fn add_d${name}(e: u32, v: f32) ${add(place)}`]
  if (batch && per === 'row') {
    const late = wanted ? ` if (s >= T) { fault |= 2u; return; }` : ''
    functions.push(`fn add_d${name}_at(s: u32, e: u32, v: f32) {${late} ${add('(row * T + s)')} }`)
  }
  const binding = wanted ? { name: `out_d${name}`, access: 'read_write' as const } : null
  return { binding, functions: functions.join('\n'), own: wanted ? { size, at: batch ? (per === 'row' ? 'row' : 'token') : 'part' } : null }
}

/** Whether element e is one that this lane may write. */
function isOwn(size: number, lanes: number): string {
  return lanes === 1 ? `e < ${size}u` : `e < ${size}u && e % ${lanes}u == lane`
}

function assemble(shape: CustomShape, which: 'forward' | 'backward', parts: readonly Part[], caps: Capabilities, report: boolean): Lowering {
  const { kernel, B, T } = shape
  const text = kernel[which]
  const name = `custom_${kernel.name}_${which}`
  const units = kernel.per === 'row' ? B : B * T
  const count = units * kernel.lanes
  const { workgroup, workgroups } = flatLayout(count, caps)
  const work = workOf(shape, text)
  const bindings = parts.flatMap(({ binding }) => binding ?? [])
  if (report) bindings.push({ name: 'out_faults', access: 'read_write' })
  if (bindings.length > caps.maxStorageBuffers) throw tooManyBuffers(kernel, bindings.length, caps.maxStorageBuffers)
  const declared = bindings.map(({ name, access }, i) => {
    const type = name === 'out_faults' ? 'u32' : 'f32'
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type}>;`
  })
  const code = [
    ...declared,
    ...(text.code.includes('safeTanh(') ? [math] : []),
    PRIVATE(T, kernel),
    ...parts.map(({ functions }) => functions),
    text.code,
    ...MAIN({ which, kernel, parts, count, workgroup, pitch: workgroups[0] * workgroup, report }),
  ].join('\n')
  // what it surely computes counts as its work; what its loops may come to only says how finely it is to be cut
  const flops = count * (kernel.per === 'row' ? T : 1) * text.straight
  return { kernels: [{ name, code, bindings, workgroups, flops, slowness: (SLOWNESS * work) / text.straight }] }
}

/** The first line of a kernel's text that is the author's, counted from 1. */
export function authorLine({ code }: Pick<Kernel, 'code'>, text: KernelText): number {
  return code.slice(0, code.indexOf(text.code)).split('\n').length
}

/** Operations of one call. @throws LabError "program.graph" when all calls of an invocation come to too many */
function workOf({ kernel, T }: CustomShape, text: KernelText): number {
  const work = callCost(text, kernel.trips)
  const most = Math.floor(MOST_OPERATIONS / (kernel.per === 'row' ? T : 1))
  if (work <= most) return work
  const trips = Math.floor((most - text.straight) / Math.max(1, text.body))
  throw new LabError('program.graph', `The kernel "${kernel.name}" may take ${Math.round(work)} operations a call; ${most} are allowed here.`, {
    hint: trips > 0 ? `Lower its trips to ${trips} or less, or share the work among more lanes.` : 'Make it shorter, or the context.',
    data: { kernel: kernel.name, operations: work },
  })
}

function tooManyBuffers({ name }: CustomKernel, needed: number, limit: number): LabError {
  return new LabError('program.graph', `The kernel "${name}" needs ${needed} buffers at once; this adapter has ${limit}.`, {
    hint: 'Join inputs with g.concat, or make two kernels of it.',
    data: { kernel: name },
  })
}

const PRIVATE = (T: number, { state }: CustomKernel) => `
const T = ${T}u;
var<private> row: u32;
var<private> t: u32;
var<private> token: u32;
var<private> part: u32;
var<private> lane: u32;
var<private> trips: u32;
var<private> fault: u32;
var<private> nan_bits: u32 = 0x7fc00000u;
fn spend() -> bool { if (trips == 0u) { fault |= 1u; return true; } trips -= 1u; return false; }
${state === 0 ? '' : `var<private> memory: array<f32, ${state}>;
fn get_state(i: u32) -> f32 { return memory[min(i, ${state - 1}u)]; }
fn set_state(i: u32, v: f32) { if (i < ${state}u) { memory[i] = v; } else { fault |= 2u; } }`}` // prettier-ignore

interface Main {
  which: 'forward' | 'backward'
  kernel: CustomKernel
  parts: readonly Part[]
  count: number
  workgroup: number
  /** invocations along x of the whole grid */
  pitch: number
  report: boolean
}

function MAIN({ which, kernel, parts, count, workgroup, pitch, report }: Main): string[] {
  const { per, lanes, trips } = kernel
  const written = parts.flatMap(({ binding, own }) => (binding && own ? [{ ...own, name: binding.name }] : []))
  /** Fills a lane's elements: of one token, of all tokens of its row, or of its part of a sum. */
  const fill = (value: string) =>
    written.map(({ name, size, at }) => {
      const each = (place: string) => `for (var e = lane; e < ${size}u; e += ${lanes}u) { ${name}[${place} * ${size}u + e] = ${value}; }`
      return at === 'row' ? `for (var s = 0u; s < T; s++) { ${each('(row * T + s)')} }` : each(at)
    })
  const call = `trips = ${trips}u; f_${which}(t, lane);`
  const poison = `if (fault != 0u) { ${fill('bitcast<f32>(nan_bits)').join(' ')} }`
  const calls = per === 'token'
    ? ['token = part; row = part / T; t = part % T;', ...fill('0.0'), call, poison]
    : which === 'forward'
      ? // what went wrong at a token must not be seen at those before it
        ['row = part;', `for (var i = 0u; i < T; i++) { t = i; token = row * T + t; ${fill('0.0').join(' ')} ${call} ${poison} }`]
      : ['row = part;', ...fill('0.0'), `for (var i = 0u; i < T; i++) { t = T - 1u - i; token = row * T + t; ${call} }`, poison] // prettier-ignore
  return [
    `@compute @workgroup_size(${workgroup})`,
    'fn main(@builtin(global_invocation_id) id: vec3u) {',
    `  let n = id.y * ${pitch}u + id.x;`,
    `  if (n >= ${count}u) { return; }`,
    `  part = n / ${lanes}u; lane = n % ${lanes}u;`,
    ...calls.map((line) => `  ${line}`),
    ...(report ? ['  out_faults[n] = fault;'] : []),
    '}',
  ]
}
