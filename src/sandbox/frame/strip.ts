// What somebody who broke out of QuickJS would find in its worker: the plain language and what QuickJS itself needs.
// The frame already forbids the rest (origin, policy); this is the second wall, and also takes what no policy governs.

const LANGUAGE =
  'Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Promise RegExp Error ' +
  'AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Map Set ' +
  'WeakMap WeakSet WeakRef FinalizationRegistry BigInt ArrayBuffer Int8Array Uint8Array Uint8ClampedArray Int16Array ' +
  'Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView ' +
  'Reflect Proxy Iterator Date isFinite isNaN decodeURIComponent encodeURIComponent'
/** eval, because the policy refuses it anyway, and because a debugger wants it to look around in here. */
const ENGINE =
  'WebAssembly performance TextDecoder TextEncoder crypto console MessagePort MessageEvent Event EventTarget eval'

/** Deletes every other name of the global object and of the prototypes that lend it theirs. */
export function strip(): void {
  const kept = new Set([...LANGUAGE.split(' '), ...ENGINE.split(' ')])
  for (let holder: object = globalThis; holder !== EventTarget.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Reflect.ownKeys(holder)) {
      // a few cannot be deleted (self, location): they lend no power
      if (typeof name === 'string' && !kept.has(name)) Reflect.deleteProperty(holder, name)
    }
  }
}
