// One text for one value, so that hashes and signatures mean the same everywhere: RFC 8785 (JSON canonicalisation).

import { LabError } from './errors'

/**
 * JSON without spaces, keys in order of their UTF-16 units, numbers as ECMAScript writes them (shortest text that
 * reads back to the same f64); `undefined` fields are left out.
 * @throws LabError "lab.internal" for what JSON cannot hold: NaN, infinities, lone surrogates, functions
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (typeof value === 'string' && !/\p{Surrogate}/u.test(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    // the default order compares UTF-16 units, as the RFC asks
    entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${canonicalJson(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  throw new LabError('lab.internal', `JSON cannot hold ${typeof value === 'string' ? 'half a character' : String(value)}.`)
}
