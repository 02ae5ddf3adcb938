// jax-js as a contestant: the whole step under jit, as its own documentation advises.

import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad, type Device } from '@jax-js/jax'
import type { Batch, Contestant, ProductShape, Setup } from '../../src/cli/benchContestant'
import { COMPARISON } from '../../src/cli/benchModels'
import { initialValues } from '../../src/engine/initial'
import { ropeTables } from './ropeTables'

const { layers, C, H, B, T, V } = COMPARISON
const D = C / H
/** Steps whose losses are not yet waited for. */
const IN_FLIGHT = 2
/** Products that are handed over together. */
const QUEUED = 16

type Params = Record<string, np.Array>
type Tensor = np.Array

/** @param device webgpu or wasm; WASM takes threads where the page is cross-origin isolated */
export function jaxContestant(device: Device): Contestant {
  let params: Params
  let m: Params
  let v: Params
  let rope: [Tensor, Tensor]
  const losses: Tensor[] = []
  let last: Tensor | null = null
  const { beta1, beta2, eps, lr } = { beta1: 0.9, beta2: 0.95, eps: 1e-8, lr: 0.003 }

  const step = jit((w: Params, m: Params, v: Params, tokens: Tensor, targets: Tensor, cos: Tensor, sin: Tensor, bias1: Tensor, bias2: Tensor) => {
    const [loss, grads] = valueAndGrad(lossOf)(tree.ref(w), tokens, targets, cos, sin)
    const next = { w: {} as Params, m: {} as Params, v: {} as Params }
    for (const [name, g] of Object.entries(grads as Params)) {
      const m1 = m[name].mul(beta1).add(g.ref.mul(1 - beta1))
      const v1 = v[name].mul(beta2).add(np.square(g).mul(1 - beta2))
      const change = m1.ref.mul(bias1.ref).div(np.sqrt(v1.ref.mul(bias2.ref)).add(eps))
      Object.assign(next.w, { [name]: w[name].sub(change.mul(lr)) })
      next.m[name] = m1
      next.v[name] = v1
    }
    bias1.dispose()
    bias2.dispose()
    return [next.w, next.m, next.v, loss] as [Params, Params, Params, Tensor]
  })
  const score = jit(lossOf)
  const ints = (values: Int32Array) => np.array(values as Int32Array<ArrayBuffer>, { dtype: np.int32 }).reshape([B, T])

  return {
    async open({ program, seed }: Setup) {
      const found = await init(device)
      if (!found.includes(device)) throw new Error(`jax-js has no ${device} here`)
      defaultDevice(device)
      const floats = (values: Float32Array, shape: readonly number[]) => np.array(values as Float32Array<ArrayBuffer>).reshape([...shape])
      const tensors = [...initialValues(program.graph, seed)]
      params = Object.fromEntries(tensors.map(({ name, values, shape }) => [name, floats(values, shape)]))
      m = Object.fromEntries(tensors.map(({ name, shape }) => [name, np.zeros([...shape])]))
      v = Object.fromEntries(tensors.map(({ name, shape }) => [name, np.zeros([...shape])]))
      const { cos, sin } = ropeTables(T, D)
      rope = [floats(cos, [1, T, 1, D / 2]), floats(sin, [1, T, 1, D / 2])]
      return device
    },
    async step({ tokens, targets }: Batch, number: number) {
      const [bias1, bias2] = [beta1, beta2].map((beta) => np.array(1 / (1 - beta ** number)))
      const result = step(params, m, v, ints(tokens), ints(targets), rope[0].ref, rope[1].ref, bias1, bias2)
      ;[params, m, v] = result
      last?.dispose()
      last = result[3]
      losses.push(last.ref)
      if (losses.length > IN_FLIGHT) await (losses.shift() as Tensor).data()
    },
    async sync() {
      for (const loss of losses.splice(0)) loss.dispose()
      // hands over what is still lazy; reading the loss then waits for all of it
      await blockUntilReady([params, m, v])
      return (await (last as Tensor).ref.data())[0]
    },
    async score({ tokens, targets }: Batch) {
      const loss = score(tree.ref(params), ints(tokens), ints(targets), rope[0].ref, rope[1].ref)
      return (await loss.data())[0]
    },
    product: async (shape) => jaxProduct(shape),
  }
}

/** Mean nats per token. */
function lossOf(params: Params, tokens: Tensor, targets: Tensor, cos: Tensor, sin: Tensor): Tensor {
  let x = rmsNorm(np.take(params.embed, tokens, 0))
  const turn = (y: Tensor) => rotate(y, cos.ref, sin.ref)
  for (let i = 0; i < layers; i++) {
    const input = rmsNorm(x.ref)
    const heads = (name: string) => linear(input.ref, params[`${i}.${name}`]).reshape([B, T, H, D])
    const mixed = nn.dotProductAttention(turn(heads('q')), turn(heads('k')), heads('v'), { isCausal: true })
    input.dispose()
    x = x.add(linear(mixed.reshape([B, T, C]), params[`${i}.out`]))
    const up = np.square(nn.relu(linear(rmsNorm(x.ref), params[`${i}.up`])))
    x = x.add(linear(up, params[`${i}.down`]))
  }
  cos.dispose()
  sin.dispose()
  const logits = np.tanh(linear(rmsNorm(x), params.head).div(15)).mul(15)
  const picked = nn.logSoftmax(logits).mul(nn.oneHot(targets, V)).sum()
  return picked.mul(-1 / (B * T))
}

function rmsNorm(x: Tensor): Tensor {
  const meanSquare = np.square(x.ref).mean(-1, { keepdims: true })
  return x.div(np.sqrt(meanSquare.add(1e-6)))
}

/** x·wᵀ */
function linear(x: Tensor, w: Tensor): Tensor {
  return np.matmul(x, np.transpose(w))
}

function rotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const [x1, x2] = np.split(x, 2, -1)
  const first = x1.ref.mul(cos.ref).add(x2.ref.mul(sin.ref))
  return np.concatenate([first, x2.mul(cos).sub(x1.mul(sin))], -1)
}

function jaxProduct({ orient, M, N, K }: ProductShape) {
  const matrix = (rows: number, columns: number) => np.array(new Float32Array(rows * columns).fill(0.5)).reshape([rows, columns])
  const a = orient === 'TN' ? matrix(K, M) : matrix(M, K)
  const b = orient === 'NT' ? matrix(N, K) : matrix(K, N)
  const product = jit((a: Tensor, b: Tensor) => np.matmul(orient === 'TN' ? np.transpose(a) : a, orient === 'NT' ? np.transpose(b) : b))
  // results must be kept until they are computed: work whose result was given up is never done
  const results: Tensor[] = []
  const flush = async () => {
    await blockUntilReady(results)
    const corner = results[results.length - 1].ref.slice(0, 0)
    for (const result of results.splice(0)) result.dispose()
    return corner
  }
  return {
    async queue() {
      results.push(product(a.ref, b.ref))
      if (results.length >= QUEUED) (await flush()).dispose()
    },
    async done() {
      if (results.length === 0) results.push(product(a.ref, b.ref))
      await (await flush()).data()
    },
    free() {
      for (const each of [a, b]) each.dispose()
    },
  }
}
