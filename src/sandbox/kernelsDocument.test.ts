// The example of public/programs/kernels.md is a program like any other: it leaves the box, passes the gates and learns.

import { expect, it } from 'vitest'
import reference from '../../public/programs/kernels.md?raw'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import { engineOf } from '../engine/backends/webgpu/device'
import { describeGpu, expectClose, openDevice } from '../engine/testing/dawn'
import { KERNEL_LIMITS } from '../graph/wgsl/kernel'
import { runJob } from '../judge/run'
import { createBox } from './box'
import { modelWith } from './boxFixture'
import { LIMITS } from './limits'

const example = /```js\n([\s\S]*?)```/.exec(reference)![1]
const SOURCE = modelWith("return head(g.add(x, leakyAverage(g, x, 8, 'rate')))", `export const batch = { rows: 2, context: 32 }\n${example}`)

describeGpu('the example of kernels.md', () => {
  it('passes every gate and learns', async () => {
    const corpus = await loadCorpus({ kind: 'grammar', seed: 3, bytes: 200_000 }, { cache: memoryByteCache() })
    const { data } = await prepareData(corpus, { kind: 'bytes' })
    const box = await createBox()
    const program = await box.describe({ source: SOURCE, vocab: data.vocab, tier: 'software' })
    const { device, caps } = await openDevice()
    const engine = engineOf(device, caps, { vendor: '', architecture: '', description: '', integrated: false })
    const result = await runJob(
      {
        runId: 'r', program, seed: 1, budget: { kind: 'tokens', amount: 64 * 60 }, evaluation: { context: 32, tokens: 640 },
        guards: { maxWallSeconds: 120, maxBytes: 2 ** 30 }, scoreHidden: false, returnWeights: false,
      },
      engine, data, () => undefined,
    ) // prettier-ignore
    if (!result.ok) throw new Error(result.error.message)
    expect(result.gates.filter(({ passed }) => !passed)).toEqual([])
    const { curve } = result.measurements
    expect(curve.at(-1)).toBeLessThan(curve[1])
    // starts as a uniform guess: the head is zero
    expectClose(Float32Array.of(curve[1]), [Math.log(data.vocab)], { atol: 0, rtol: 1e-3, seed: 1, name: 'first loss' })
  })
})

it('the numbers it names are the limits', () => {
  const { lanes, state, trips, textChars, array, paramSize } = KERNEL_LIMITS
  for (const limit of [`at most ${lanes}`, `at most ${state}`, `at most ${trips}`, `up to ${textChars} characters`, `up to ${array}\nelements`])
    expect(reference).toContain(limit)
  expect(reference).toContain(paramSize.toLocaleString('en'))
  expect(LIMITS.kernelChars).toBe(textChars)
})
