// What every parameter begins with.

import { Rng } from '../core/rng'
import { drawPlaces } from '../graph/canonical'
import type { ModelGraph } from '../graph/ir'

/**
 * Every parameter's initial values, one parameter at a time, in the graph's order. They are drawn from the seed and the
 * parameter's place among those of its shape (see drawPlaces): a name is no seed. The arrays are the caller's.
 */
export function* initialValues(graph: ModelGraph, seed: number): Generator<{ name: string; shape: readonly number[]; values: Float32Array }> {
  const places = drawPlaces(graph)
  for (const { name, shape, init } of graph.params) {
    const rng = new Rng(seed, `init/${places.get(name)}`)
    const values = new Float32Array(shape.reduce((n, d) => n * d, 1))
    if (init.kind === 'constant') values.fill(init.value)
    else if (init.kind === 'normal') for (let i = 0; i < values.length; i++) values[i] = init.std * rng.normal()
    else if (init.kind === 'uniform') for (let i = 0; i < values.length; i++) values[i] = init.bound * (2 * rng.uniform() - 1)
    yield { name, shape, values }
  }
}
