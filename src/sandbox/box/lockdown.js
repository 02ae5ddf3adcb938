// Runs first inside the box: keeps the plain language, removes the rest, and freezes what is left, so that
// train.js cannot change how the recorder (graph.js, prelude.js) turns its description into text.
// The box has no clock, no randomness and no way out to begin with; this makes that visible and final.
export default function lockdown(refuse) {
  const kept = new Set(
    (
      'Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError InternalError ' +
      'AggregateError Iterator Array Number Boolean String Math Reflect Symbol RegExp JSON Proxy Map Set WeakMap ' +
      'WeakSet ArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array ' +
      'BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise BigInt parseInt ' +
      'parseFloat isNaN isFinite Infinity NaN undefined globalThis'
    ).split(' '),
  )
  for (const name of Reflect.ownKeys(globalThis)) {
    if (typeof name === 'string' && !kept.has(name)) delete globalThis[name]
  }
  // Deleting this one would only say "not a function"; a run must replay from its seed, so say that.
  Math.random = () => refuse('Math.random')
  // The line numbers in messages come from stacks: let nobody reformat or cut them.
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined })
  Object.defineProperty(Error, 'stackTraceLimit', { value: 10 })

  return function freezeAll() {
    const seen = new Set()
    const waiting = [
      globalThis,
      function* () {},
      async () => {},
      async function* () {},
      [][Symbol.iterator](),
      ''[Symbol.iterator](),
      new Map()[Symbol.iterator](),
      new Set()[Symbol.iterator](),
      'a'.matchAll(/a/g),
      Iterator.from({ next() {} }),
      [].values().map((x) => x),
    ]
    while (waiting.length > 0) {
      const next = waiting.pop()
      if ((typeof next !== 'object' && typeof next !== 'function') || next === null || seen.has(next)) continue
      seen.add(next)
      waiting.push(Object.getPrototypeOf(next))
      for (const key of Reflect.ownKeys(next)) {
        const property = Object.getOwnPropertyDescriptor(next, key)
        waiting.push(property.value, property.get, property.set)
      }
      Object.freeze(next)
    }
  }
}
