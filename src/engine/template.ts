// A tiny preprocessor for the WGSL in shaders/: WGSL has no way to unroll a register tile, and an
// unrolled tile is what makes a matrix product fast. Plain text in, plain text out; no eval, because
// the page forbids it.
//
//   #{expr}              the value of an integer expression, or of a string variable
//   #for i in a..b       repeats the lines up to its #end for i = a … b-1
//   #if expr / #else     keeps one branch
//   #end                 closes #for and #if
//
// A directive stands alone on its line. Expressions: integers, names, + - * / % ( ) comparisons && || !
// (division truncates).

import { LabError } from '../core/errors'

export type TemplateVars = Record<string, number | string | boolean>

/**
 * Expands a WGSL template.
 * @throws LabError "gpu.shader" for an unknown name or an unbalanced block
 */
export function expandTemplate(source: string, vars: TemplateVars): string {
  const lines = source.split('\n')
  const out: string[] = []
  const end = expandBlock(lines, 0, { ...vars }, out)
  if (end !== lines.length) throw fail(`unexpected "${lines[end].trim()}"`)
  return out.join('\n')
}

/** Expands lines from `at` until an unmatched #else/#end or the end of text; returns where it stopped. */
function expandBlock(lines: string[], at: number, vars: TemplateVars, out: string[] | null): number {
  let i = at
  while (i < lines.length) {
    const line = lines[i]
    const text = line.trim()
    if (text === '#end' || text === '#else') return i
    if (text.startsWith('#for ')) {
      const match = /^#for (\w+) in (.+?)\.\.(.+)$/.exec(text)
      if (!match) throw fail(`malformed "${text}"`)
      const [, name, from, to] = match
      const start = out ? evaluateNumber(from, vars) : 0
      const stop = out ? evaluateNumber(to, vars) : 0
      const end = expandBlock(lines, i + 1, vars, null)
      for (let v = start; v < stop; v++) expandBlock(lines, i + 1, { ...vars, [name]: v }, out)
      i = expectEnd(lines, end, text) + 1
    } else if (text.startsWith('#if ')) {
      const truth = out ? Boolean(evaluate(text.slice(4), vars)) : false
      let end = expandBlock(lines, i + 1, vars, truth ? out : null)
      if (lines[end]?.trim() === '#else') end = expandBlock(lines, end + 1, vars, out && !truth ? out : null)
      i = expectEnd(lines, end, text) + 1
    } else {
      out?.push(line.replace(/#\{([^}]*)\}/g, (_, expr: string) => String(evaluate(expr, vars))))
      i++
    }
  }
  return i
}

function expectEnd(lines: string[], at: number, opener: string): number {
  if (lines[at]?.trim() !== '#end') throw fail(`"${opener}" has no #end`)
  return at
}

function evaluateNumber(expr: string, vars: TemplateVars): number {
  return Number(evaluate(expr, vars))
}

const PRECEDENCE: Record<string, number> = {
  '||': 1, '&&': 2, '==': 3, '!=': 3, '<': 4, '>': 4, '<=': 4, '>=': 4, '+': 5, '-': 5, '*': 6, '/': 6, '%': 6,
} // prettier-ignore

/** Precedence climbing over the token list. */
function evaluate(expr: string, vars: TemplateVars): number | string | boolean {
  const tokens = expr.match(/\d+|\w+|\|\||&&|[=!<>]=|[-+*/%()<>!]/g) ?? []
  let at = 0
  const primary = (): number | string | boolean => {
    const token = tokens[at++]
    if (token === '(') {
      const value = climb(1)
      if (tokens[at++] !== ')') throw fail(`unbalanced "${expr}"`)
      return value
    }
    if (token === '!') return !primary()
    if (token === '-') return -Number(primary())
    if (token !== undefined && /^\d/.test(token)) return Number(token)
    if (token === undefined || !(token in vars)) throw fail(`unknown name "${token}" in "${expr}"`)
    return vars[token]
  }
  const climb = (minimum: number): number | string | boolean => {
    let left = primary()
    while (at < tokens.length && PRECEDENCE[tokens[at]] >= minimum) {
      const operator = tokens[at++]
      left = apply(operator, left, climb(PRECEDENCE[operator] + 1))
    }
    return left
  }
  const value = climb(1)
  if (at !== tokens.length) throw fail(`cannot read "${expr}"`)
  return value
}

function apply(operator: string, left: number | string | boolean, right: number | string | boolean) {
  const a = Number(left)
  const b = Number(right)
  switch (operator) {
    case '||': return Boolean(left) || Boolean(right)
    case '&&': return Boolean(left) && Boolean(right)
    case '==': return left === right
    case '!=': return left !== right
    case '<': return a < b
    case '>': return a > b
    case '<=': return a <= b
    case '>=': return a >= b
    case '+': return a + b
    case '-': return a - b
    case '*': return a * b
    case '/': return Math.trunc(a / b)
    default: return a % b
  } // prettier-ignore
}

function fail(message: string): LabError {
  return new LabError('gpu.shader', `shader template: ${message}`)
}
