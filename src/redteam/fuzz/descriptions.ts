// Descriptions at random: what a broken box could say. A valid one, some of whose parts are exchanged or hostile.

import type { Rng } from '../../core/rng'
import { BINARY_OPS, STRUCTURED_OPS, UNARY_OPS } from '../../graph/ir'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const OPS = [...UNARY_OPS, ...BINARY_OPS, ...STRUCTURED_OPS]
const VALUES: readonly Json[] = [
  null, true, '', 'x', '__proto__', 0, -1, 1, 2, 8, 0.5, -0.5, 1e-300, 1e308, 2 ** 31, 2 ** 53, 4097, [], {}, [[[[[[[[]]]]]]]],
  [0, 0], [-1], [2 ** 24, 2 ** 24, 2 ** 24], { valBpb: 0 }, 'a'.repeat(70), 'NaN',
] // prettier-ignore

/** JSON text made from a description by one to three changes; now and then it is cut, or is no JSON any more. */
export function mutateDescription(valid: unknown, rng: Rng): string {
  const root = structuredClone(valid) as Json
  const changes = 1 + rng.int(3)
  for (let i = 0; i < changes; i++) changeWithin(root, rng)
  const text = JSON.stringify(root)
  if (rng.uniform() < 0.05) return text.slice(0, rng.int(text.length))
  if (rng.uniform() < 0.05) return text.replace('{', '{"__proto__":{"polluted":1},')
  return text
}

/** Walks down at random and changes what it finds there. */
function changeWithin(root: Json, rng: Rng): void {
  let at = root
  for (let depth = 0; depth < 12; depth++) {
    if (typeof at !== 'object' || at === null) return
    const keys = Object.keys(at)
    if (keys.length === 0) return
    // the graph is where the interesting parts are
    const key = 'graph' in at && rng.uniform() < 0.7 ? 'graph' : 'nodes' in at && rng.uniform() < 0.7 ? 'nodes' : keys[rng.int(keys.length)]
    const container = at as Record<string, Json>
    const child = container[key]
    const isLeaf = typeof child !== 'object' || child === null
    if (!isLeaf && rng.uniform() < 0.85) {
      at = child
      continue
    }
    return alter(container, key, rng)
  }
}

function alter(container: Record<string, Json>, key: string, rng: Rng): void {
  const own = container[key]
  const dice = rng.uniform()
  const value = () => structuredClone(VALUES[rng.int(VALUES.length)])
  if (key === 'op') container[key] = OPS[rng.int(OPS.length)]
  else if (typeof own === 'number' && dice < 0.75) container[key] = [own + 1, own - 1, -own, own * 2, own / 2, own * 1e6][rng.int(6)]
  else if (Array.isArray(container)) {
    const list = container as Json[]
    if (dice < 0.7) list.splice(Number(key), rng.int(2), structuredClone(list[rng.int(list.length)]))
    else container[key] = value()
  } else if (dice < 0.65) delete container[key]
  else if (dice < 0.8) container[`extra${rng.int(9)}`] = value()
  else container[key] = value()
}
