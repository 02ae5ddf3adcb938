// Writes a syntax tree back as text, statement by statement. Only what is written out here can reach a compiler: a node
// of any other kind is refused, and every name goes through `naming`.

import * as wgsl from './parser'
import { KERNEL_LIMITS } from './kernel'
import { TextFault } from './scan'

/** How names are written, and what each loop's body begins with. */
export interface Naming {
  variable(name: string): string
  /** of a function that is called or declared; throws TextFault where there is none */
  call(name: string, line: number): string
  /** first statement of every loop's body; empty for none */
  counter: string
}

/** As the author wrote it. */
export const PLAIN: Naming = { variable: (name) => name, call: (name) => name, counter: '' }

export interface Printed {
  lines: string[]
  /** line of the author's text for each line */
  from: number[]
}

/** Operations within operations, and branches of one if. */
const DEPTH = 48

const SCALARS = ['bool', 'i32', 'u32', 'f32']

/** The text of functions. @throws TextFault for anything a kernel may not contain */
export function print(functions: readonly wgsl.Function[], naming: Naming): Printed {
  const printer = new Printer(naming)
  for (const each of functions) printer.function(each)
  return printer
}

class Printer implements Printed {
  readonly lines: string[] = []
  readonly from: number[] = []
  private readonly naming: Naming
  private line = 0
  private arrays = 0
  private depth = 0

  constructor(naming: Naming) {
    this.naming = naming
  }

  function({ name, args, returnType, body, line }: wgsl.Function): void {
    this.line = line
    const parameters = args.map((arg) => `${this.naming.variable(arg.name)}: ${this.type(arg.type)}`)
    const result = returnType === null ? '' : ` -> ${this.type(returnType)}`
    this.emit(`fn ${this.naming.call(name, line)}(${parameters.join(', ')})${result} {`)
    this.block(body)
    this.emit('}')
  }

  private emit(text: string): void {
    this.lines.push(text)
    this.from.push(this.line)
  }

  private refuse(what: string): never {
    throw new TextFault(`${what} is not allowed`, this.line, 'A kernel is made of plain functions, variables, arithmetic, if and loops.')
  }

  private block(body: readonly wgsl.Statement[]): void {
    for (const each of body) {
      // a block of its own comes as a list
      if (Array.isArray(each)) {
        this.emit('{')
        this.block(each as wgsl.Statement[])
        this.emit('}')
      } else this.statement(each)
    }
  }

  private loop(head: string, body: readonly wgsl.Statement[]): void {
    this.emit(`${head} {`)
    if (this.naming.counter) this.emit(this.naming.counter)
    this.block(body)
    this.emit('}')
  }

  private statement(node: wgsl.Statement): void {
    this.line = node.line
    if (node instanceof wgsl.If) return this.if(node)
    if (node instanceof wgsl.For) {
      const [init, increment] = [node.init, node.increment].map((part) => (part === null ? '' : this.simple(part)))
      const condition = node.condition === null ? '' : this.expression(node.condition)
      return this.loop(`for (${init}; ${condition}; ${increment})`, node.body)
    }
    if (node instanceof wgsl.While) return this.loop(`while (${this.expression(node.condition)})`, node.body)
    if (node instanceof wgsl.Loop) return this.loop('loop', node.body)
    if (node instanceof wgsl.Continuing) {
      this.emit('continuing {')
      this.block(node.body)
      return this.emit('}')
    }
    this.emit(`${this.simple(node)};`)
  }

  private if({ condition, body, elseif, else: rest }: wgsl.If): void {
    this.emit(`if (${this.expression(condition)}) {`)
    this.block(body)
    if (elseif !== null && elseif.length > DEPTH) this.refuse(`a chain of more than ${DEPTH} else if`)
    for (const branch of elseif ?? []) {
      this.line = branch.line
      this.emit(`} else if (${this.expression(branch.condition)}) {`)
      this.block(branch.body)
    }
    if (rest !== null) {
      this.emit('} else {')
      this.block(rest)
    }
    this.emit('}')
  }

  /** What ends with a semicolon. */
  private simple(node: wgsl.Statement): string {
    if (node instanceof wgsl.Var || node instanceof wgsl.Let || node instanceof wgsl.Const) {
      if (node.storage || node.access) this.refuse('an address space')
      const word = node instanceof wgsl.Var ? 'var' : node instanceof wgsl.Let ? 'let' : 'const'
      const type = node.type && this.isWritten(node) ? `: ${this.type(node.type)}` : ''
      const value = node.value === null ? '' : ` = ${this.expression(node.value)}`
      return `${word} ${this.naming.variable(node.name)}${type}${value}`
    }
    if (node instanceof wgsl.Assign) return `${this.expression(node.variable)} ${node.operator} ${this.expression(node.value)}`
    if (node instanceof wgsl.Increment) return `${this.expression(node.variable)}${node.operator}`
    if (node instanceof wgsl.Call) return this.call(node.name, node.args)
    if (node instanceof wgsl.Return) return isNothing(node.value) ? 'return' : `return ${this.expression(node.value)}`
    if (node instanceof wgsl.Break) return node.condition === null ? 'break' : `break if (${this.expression(node.condition)})`
    if (node instanceof wgsl.Continue) return 'continue'
    return this.refuse(`the statement "${node.astNodeType}"`)
  }

  /** The parser gives a const without a type that of its literal. */
  private isWritten(node: wgsl.Var | wgsl.Let | wgsl.Const): boolean {
    return !(node instanceof wgsl.Const && node.value instanceof wgsl.LiteralExpr && node.type === node.value.type)
  }

  private call(name: string, args: readonly wgsl.Expression[] | null): string {
    return `${this.naming.call(name, this.line)}(${(args ?? []).map((arg) => this.expression(arg)).join(', ')})`
  }

  private expression(node: wgsl.Expression): string {
    // printed with a bracket for each operation, and compilers bear only so many
    if (++this.depth > DEPTH) this.refuse(`an expression of more than ${DEPTH} operations one in another`)
    const text = this.primary(node) + this.postfix(node.postfix)
    this.depth--
    return text
  }

  private primary(node: wgsl.Expression): string {
    if (node instanceof wgsl.LiteralExpr) return this.literal(node)
    if (node instanceof wgsl.VariableExpr || node instanceof wgsl.ConstExpr) return this.naming.variable(node.name)
    if (node instanceof wgsl.CallExpr) return this.call(node.name, node.args)
    if (node instanceof wgsl.CreateExpr) {
      if (node.type === null || node.args === null) return this.refuse('something here that is no expression')
      return `${this.type(node.type)}(${node.args.map((arg) => this.expression(arg)).join(', ')})`
    }
    if (node instanceof wgsl.BitcastExpr && node.type) return `bitcast<${this.type(node.type)}>(${this.expression(node.value)})`
    if (node instanceof wgsl.UnaryOperator && '-!~'.includes(node.operator)) return `(${node.operator} ${this.expression(node.right)})`
    if (node instanceof wgsl.BinaryOperator) return `(${this.expression(node.left)} ${node.operator} ${this.expression(node.right)})`
    return this.refuse(node instanceof wgsl.UnaryOperator ? `"${node.operator}"` : `the expression "${node.astNodeType}"`)
  }

  private postfix(node: wgsl.Expression | null): string {
    if (node === null) return ''
    if (node instanceof wgsl.ArrayIndex) return `[${this.expression(node.index)}]${this.postfix(node.postfix)}`
    if (node instanceof wgsl.StringExpr && /^([xyzw]{1,4}|[rgba]{1,4})$/.test(node.value)) return `.${node.value}${this.postfix(node.postfix)}`
    return this.refuse('a member other than .x, .y, .z, .w')
  }

  private literal({ value, type }: wgsl.LiteralExpr): string {
    if (!(value instanceof wgsl.ScalarData)) return this.refuse('this value')
    const [number] = value.data
    switch (type.name) {
      case 'bool':
        return number === 0 ? 'false' : 'true'
      case 'x32':
        return `${number}`
      case 'i32':
        return `${number}i`
      case 'u32':
        return `${number}u`
      case 'f32':
        if (!Number.isFinite(number)) return this.refuse('a number beyond those of f32')
        return /[.e]/.test(`${number}`) ? `${number}` : `${number}.0`
      default:
        return this.refuse(`a number of type ${type.name}`)
    }
  }

  private type(node: wgsl.Type): string {
    if (node instanceof wgsl.ArrayType) {
      this.arrays += node.count
      const fits = node.count >= 1 && node.count <= KERNEL_LIMITS.array && this.arrays <= KERNEL_LIMITS.arrays
      if (!fits) this.refuse(`an array of ${node.count} elements (at most ${KERNEL_LIMITS.array}, ${KERNEL_LIMITS.arrays} in all arrays of a text)`)
      if (node.format === null || node.format instanceof wgsl.ArrayType) return this.refuse('an array of arrays')
      return `array<${this.type(node.format)}, ${node.count}>`
    }
    if (node instanceof wgsl.TemplateType) {
      const [, name] = /^(vec[234]|mat[234]x[234])$/.exec(node.name) ?? this.refuse(`the type "${node.name}"`)
      if (node.format === null) return name
      const format = this.type(node.format)
      if (!(name.startsWith('vec') ? SCALARS : ['f32']).includes(format)) this.refuse(`a ${name} of ${format}`)
      return `${name}<${format}>`
    }
    const alias = /^(vec[234])([fiu])$/.exec(node.name) ?? /^(mat[234]x[234])(f)$/.exec(node.name)
    if (alias) return `${alias[1]}<${{ f: 'f32', i: 'i32', u: 'u32' }[alias[2]]}>`
    return SCALARS.includes(node.name) ? node.name : this.refuse(`the type "${node.name}"`)
  }
}

/** `return;` comes with an expression that says nothing. */
function isNothing(node: wgsl.Expression | null): boolean {
  return node === null || (node instanceof wgsl.CreateExpr && node.type === null && node.args === null)
}

/**
 * The words of a text with everything left out that may be written in more than one way: brackets that only group,
 * semicolons, how numbers and types are spelt. Two texts with the same words in that sense say the same.
 */
export function wordsOf(tokens: readonly wgsl.Token[]): string[] {
  const words = tokens.flatMap(({ lexeme }, i) => {
    if (lexeme === '(' || lexeme === ')' || lexeme === ';') return []
    if (lexeme === ',' && tokens[i + 1]?.lexeme === ')') return []
    const alias = /^(vec[234]|mat[234]x[234])([fiu])$/.exec(lexeme)
    if (alias) return [alias[1], '<', { f: 'f32', i: 'i32', u: 'u32' }[alias[2]]!, '>']
    return /^-?[.\d]/.test(lexeme) ? number(lexeme) : [lexeme]
  })
  return words
}

function number(lexeme: string): string[] {
  if (lexeme.startsWith('-')) return ['-', ...number(lexeme.slice(1))]
  const [, digits, suffix] = /^(0x[0-9a-fA-F]+|[^iuf]+)([iuf]?)$/.exec(lexeme) ?? [lexeme, lexeme, '']
  const isInteger = suffix !== 'f' && (digits.startsWith('0x') || !/[.eE]/.test(digits))
  return [isInteger ? `${Number(digits)}${suffix}` : `f${Math.fround(Number(digits))}`]
}
