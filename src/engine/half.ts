// f16 storage as a change of a kernel's text: the named bindings become arrays of f16, every load of them is widened
// and every store narrowed; all arithmetic stays f32. One rule for every kernel, so no template has a second version.

import { LabError } from '../core/errors'
import type { Kernel } from './kernel'

/** Element types a binding may have, and how the same is stored in half the bytes. */
const STORED_AS: Record<string, string> = { f32: 'f16', vec2f: 'vec2<f16>', vec4f: 'vec4<f16>' }

/** A binding stored as f16: its name, its element in f32 and in f16. */
interface HalfBinding {
  name: string
  wide: string
  narrow: string
}

/**
 * The same kernel with some bindings stored as f16; what lies beyond ±65504 is stored as infinity.
 * Bindings must be arrays of f32, vec2f or vec4f that the text indexes directly and stores to whole.
 * @throws LabError "gpu.shader" for a binding that is used in another way
 */
export function storeAsHalf(kernel: Kernel, names: ReadonlySet<string>): Kernel {
  const own = kernel.bindings.filter(({ name }) => names.has(name))
  if (own.length === 0) return kernel
  // comments speak of the same names, and a shader that is compiled needs none; the lines keep their numbers
  let code = kernel.code.replace(/\/\/.*/g, '')
  const bindings = new Map<string, HalfBinding>()
  for (const { name } of own) {
    const declaration = new RegExp(`(var<storage[^>]*>\\s+${name}\\s*:\\s*array<)\\s*(\\w+)\\s*>`)
    const type = declaration.exec(code)?.[2] ?? ''
    const wide = new RegExp(`\\balias\\s+${type}\\s*=\\s*(\\w+)`).exec(code)?.[1] ?? type
    const narrow = STORED_AS[wide]
    if (!narrow) throw unfit(kernel, name, `its elements are "${type}"`)
    code = code.replace(declaration, `$1${narrow}>`)
    bindings.set(name, { name, wide, narrow })
  }
  const parts = code.split(/^(?=fn |@compute)/m)
  const converted = parts.map((part) => {
    const visible = [...bindings.values()].filter(({ name }) => !shadowed(kernel, part, name))
    return visible.length === 0 ? part : convert(kernel, part, new Map(visible.map((b) => [b.name, b])))
  })
  return { ...kernel, code: `enable f16; ${converted.join('')}` }
}

/** Whether a function has something else of this name: then it must not look like the binding. */
function shadowed(kernel: Kernel, part: string, name: string): boolean {
  if (!new RegExp(`\\b(let|var|const)\\s+${name}\\b|[(,]\\s*${name}\\s*:`).test(part)) return false
  if (new RegExp(`(?<![.\\w])${name}\\s*\\[`).test(part)) throw unfit(kernel, name, 'a function has a variable of that name')
  return true
}

/** Widens the loads and narrows the stores of one piece of text. */
function convert(kernel: Kernel, text: string, bindings: ReadonlyMap<string, HalfBinding>): string {
  const access = /(?<![.\w])([A-Za-z_]\w*)\s*\[/g
  let out = ''
  let done = 0
  for (let match = access.exec(text); match; match = access.exec(text)) {
    const binding = bindings.get(match[1])
    if (!binding) continue
    const { wide, narrow } = binding
    const open = match.index + match[0].length
    const close = closing(text, open)
    const element = `${match[1]}[${convert(kernel, text.slice(open, close), bindings)}]`
    out += text.slice(done, match.index)
    const assignment = /^\s*([-+*/]?)=(?!=)/.exec(text.slice(close + 1))
    if (assignment) {
      const start = close + 1 + assignment[0].length
      const end = text.indexOf(';', start)
      const value = convert(kernel, text.slice(start, end).trim(), bindings)
      const [, operator] = assignment
      out += operator ? `${element} = ${narrow}(${wide}(${element}) ${operator} (${value}))` : `${element} = ${narrow}(${value})`
      done = end
    } else {
      if (/^\s*(\[[^\]]*\]|\.[xyzw]+)\s*[-+*/]?=(?!=)/.test(text.slice(close + 1))) throw unfit(kernel, match[1], 'a component is stored by itself')
      out += `${wide}(${element})`
      done = close + 1
    }
    access.lastIndex = done
  }
  return out + text.slice(done)
}

/** Index of the bracket that closes the one before `at`. */
function closing(text: string, at: number): number {
  let depth = 1
  let i = at
  while (i < text.length) {
    if (text[i] === '[') depth++
    else if (text[i] === ']' && --depth === 0) break
    i++
  }
  return i
}

function unfit(kernel: Kernel, name: string, why: string): LabError {
  return new LabError('gpu.shader', `${kernel.name}: "${name}" cannot be stored as f16: ${why}`)
}
