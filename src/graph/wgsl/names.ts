// The words of a custom kernel: what its author may call, and what each call is named in the text that is compiled.

/** Built-in functions of WGSL that compute and do nothing else: no textures, atomics, barriers, subgroups or derivatives. */
const BUILTINS: ReadonlySet<string> = new Set(
  (
    'abs acos acosh all any asin asinh atan atan2 atanh ceil clamp cos cosh countLeadingZeros countOneBits ' +
    'countTrailingZeros cross degrees determinant distance dot exp exp2 extractBits faceForward firstLeadingBit ' +
    'firstTrailingBit floor fma fract insertBits inverseSqrt ldexp length log log2 max min mix normalize pow radians ' +
    'reflect reverseBits round saturate select sign sin sinh smoothstep sqrt step tan transpose trunc'
  ).split(' '),
)

/** Functions of WGSL that drivers compute badly, and ours in their place (shaders/lib/math.wgsl): of f32 only. */
export const REPLACED: ReadonlyMap<string, string> = new Map([['tanh', 'safeTanh']])

/** Names that are taken besides those of built-in functions. */
const RESERVED = new Set(['y', 'dy', 'state', 'forward', 'backward'])

/** What an input may be called: its name is also that of the function that reads it. */
export function isInputName(name: string): boolean {
  return /^[a-z][a-zA-Z0-9]{0,15}$/.test(name) && !RESERVED.has(name) && !isBuiltin(name) && !isTypeName(name)
}

/** Whether a text may call it as WGSL's own. */
export function isBuiltin(name: string): boolean {
  return BUILTINS.has(name) || REPLACED.has(name)
}

export function isTypeName(name: string): boolean {
  return /^(bool|[iu]32|f(16|32)|vec[234][fihu]?|mat[234]x[234][fh]?|array|bitcast|ptr|atomic)$/.test(name)
}

/** What decides which functions a text may call. */
export interface Frame {
  per: 'token' | 'row'
  inputs: readonly { name: string; batch: boolean }[]
  state: number
}

/** What functions may be called from a text, and their names in the compiled one. */
export function accessorsOf({ per, inputs, state }: Frame, which: 'forward' | 'backward'): Map<string, string> {
  const names = new Map<string, string>()
  const along = (name: string, as: string) => {
    names.set(name, as)
    if (per === 'row') names.set(`${name}_at`, `${as}_at`)
  }
  for (const { name, batch } of inputs) {
    if (batch) along(name, `get_${name}`)
    else names.set(name, `get_${name}`)
  }
  if (state > 0) names.set('state', 'get_state').set('set_state', 'set_state')
  if (which === 'forward') return names.set('set_y', 'set_y')
  along('y', 'get_y')
  along('dy', 'get_dy')
  for (const { name, batch } of inputs) {
    if (batch) along(`add_d${name}`, `add_d${name}`)
    else names.set(`add_d${name}`, `add_d${name}`)
  }
  return names
}
