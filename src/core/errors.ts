// One error type for the whole lab, so that a failure keeps its name, its cause and its advice
// when it crosses a worker boundary or is written to a row. Imitates isomorphic-git's src/errors.

/** Every code the lab throws. The family before the dot tells who can act on it. */
export type ErrorCode =
  | 'gpu.unavailable'
  | 'gpu.limit'
  | 'gpu.shader'
  | 'gpu.lost'
  | 'gpu.oom'
  | 'gpu.hung'
  | 'numeric.nonfinite'
  | 'numeric.diverged'
  | 'program.syntax'
  | 'program.graph'
  | 'program.memory'
  | 'program.duplicate'
  | 'sandbox.timeout'
  | 'sandbox.memory'
  | 'sandbox.forbidden'
  | 'sandbox.output'
  | 'judge.causality'
  | 'judge.timeout'
  | 'judge.slow'
  | 'judge.evaluation'
  | 'judge.program'
  | 'judge.repeat'
  | 'judge.kernel'
  | 'controller.badReply'
  | 'controller.exhausted'
  | 'controller.offline'
  | 'controller.refused'
  | 'controller.limit'
  | 'controller.cap'
  | 'pay.noWallet'
  | 'pay.unsupported'
  | 'pay.refused'
  | 'pay.offline'
  | 'pay.quota'
  | 'pay.expired'
  | 'pay.mismatch'
  | 'pay.cap'
  | 'relay.offline'
  | 'relay.invalid'
  | 'bounty.invalid'
  | 'bounty.state'
  | 'key.locked'
  | 'key.wrong'
  | 'data.empty'
  | 'data.binary'
  | 'data.fetch'
  | 'data.cors'
  | 'data.partial'
  | 'data.hash'
  | 'data.format'
  | 'store.quota'
  | 'store.corrupt'
  | 'git.conflict'
  | 'import.invalid'
  | 'receipt.unsupported'
  | 'lab.state'
  | 'lab.skipped'
  | 'lab.internal'

/** Plain-data form of a LabError: what is posted between workers and stored in rows. */
export interface LabErrorJson {
  name: 'LabError'
  code: ErrorCode
  message: string
  hint: string
  data: Record<string, string | number | boolean | null>
  stack?: string
}

/**
 * A failure with a code for machines, a message that says what happened,
 * and a hint that says what the person can do next.
 */
export class LabError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly data: LabErrorJson['data']

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; data?: LabErrorJson['data']; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LabError'
    this.code = code
    this.hint = options.hint ?? ''
    this.data = options.data ?? {}
  }

  toJSON(): LabErrorJson {
    return {
      name: 'LabError',
      code: this.code,
      message: this.message,
      hint: this.hint,
      data: this.data,
      ...(this.stack ? { stack: this.stack } : {}),
    }
  }

  /** Rebuilds a LabError from its plain form (or passes a LabError through). */
  static fromJSON(json: LabErrorJson): LabError {
    const error = new LabError(json.code, json.message, { hint: json.hint, data: json.data })
    if (json.stack) error.stack = json.stack
    return error
  }

  /** Wraps anything thrown into a LabError; unknown failures become `lab.internal`. */
  static from(thrown: unknown, code: ErrorCode = 'lab.internal'): LabError {
    if (thrown instanceof LabError) return thrown
    if (isLabErrorJson(thrown)) return LabError.fromJSON(thrown)
    // an Error, or what others throw for one
    const said = (thrown as { message?: unknown } | null | undefined)?.message
    return new LabError(code, typeof said === 'string' ? said : String(thrown), { cause: thrown })
  }
}

function isLabErrorJson(value: unknown): value is LabErrorJson {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { name?: unknown }).name === 'LabError' &&
    typeof (value as { code?: unknown }).code === 'string'
  )
}
