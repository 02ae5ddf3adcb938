// TensorFlow.js as a contestant: eager ops, its own gradients and its own Adam (AdamW without decay is the same).

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import type { Batch, Contestant, ProductShape, Setup } from '../../src/cli/benchContestant'
import { COMPARISON } from '../../src/cli/benchModels'
import { initialValues } from '../../src/engine/initial'
import { ropeTables } from './ropeTables'

const { layers, C, H, B, T, V } = COMPARISON
const D = C / H
/** Steps whose losses are not yet waited for. */
const IN_FLIGHT = 2

type Params = Record<string, tf.Variable>

/** Tensors that never change. */
interface Constants {
  cos: tf.Tensor
  sin: tf.Tensor
  /** 0 where a token may look, −1e9 where it may not, [T,T] */
  mask: tf.Tensor
}

/** @param backend webgpu or wasm; WASM takes SIMD, and threads where the page is cross-origin isolated */
export function tensorflowContestant(backend: 'webgpu' | 'wasm'): Contestant {
  const params: Params = {}
  let constants: Constants
  let optimizer: tf.Optimizer
  const losses: tf.Scalar[] = []
  let last = NaN
  const oldest = async () => {
    const loss = losses.shift() as tf.Scalar
    last = (await loss.data())[0]
    loss.dispose()
  }
  const lossOn = ({ tokens, targets }: Batch) => tf.tidy(() => lossOf(params, constants, backend, tokens, targets))

  return {
    async open({ program, seed }: Setup) {
      setWasmPaths(new URL('./', location.href.replace(/assets\/[^/]*$/, '')).href)
      if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`)
      await tf.ready()
      for (const { name, shape, values } of initialValues(program.graph, seed)) {
        const given = tf.tensor(values, [...shape])
        // TensorFlow's own layout of a dense layer, [in, out]: the one it is fast with
        params[name] = tf.variable(name === 'embed' ? given : tf.transpose(given), true, name)
      }
      const { cos, sin } = ropeTables(T, D)
      const mask = Float32Array.from({ length: T * T }, (_, at) => (at % T > Math.floor(at / T) ? -1e9 : 0))
      constants = { cos: tf.tensor(cos, [1, 1, T, D / 2]), sin: tf.tensor(sin, [1, 1, T, D / 2]), mask: tf.tensor(mask, [T, T]) }
      optimizer = tf.train.adam(0.003, 0.9, 0.95, 1e-8)
      return backend
    },
    async step(batch: Batch) {
      losses.push(optimizer.minimize(() => lossOn(batch), true, Object.values(params)) as tf.Scalar)
      if (losses.length > IN_FLIGHT) await oldest()
    },
    async sync() {
      while (losses.length > 0) await oldest()
      // the update comes after the loss: a value of the last parameter waits for it
      const corner = tf.tidy(() => tf.slice(params.head, [0, 0], [1, 1]))
      await corner.data()
      corner.dispose()
      return last
    },
    async score(batch: Batch) {
      const loss = lossOn(batch)
      const [nats] = await loss.data()
      loss.dispose()
      return nats
    },
    product: async (shape) => tensorflowProduct(shape),
  }
}

/** Mean nats per token. */
function lossOf(params: Params, { cos, sin, mask }: Constants, backend: string, tokens: Int32Array, targets: Int32Array): tf.Scalar {
  const ids = tf.tensor1d(tokens, 'int32')
  // the gradient of gather has no kernel on WASM
  const embedded = backend === 'wasm' ? tf.matMul(tf.cast(tf.oneHot(ids, V), 'float32'), params.embed) : tf.gather(params.embed, ids)
  let x = rmsNorm(embedded)
  for (let i = 0; i < layers; i++) {
    const input = rmsNorm(x)
    const heads = (name: string) => tf.transpose(tf.reshape(linear(input, params[`${i}.${name}`]), [B, T, H, D]), [0, 2, 1, 3])
    const q = rotate(heads('q'), cos, sin)
    const k = rotate(heads('k'), cos, sin)
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(D)), mask)
    const mixed = tf.matMul(tf.softmax(scores), heads('v'))
    x = tf.add(x, linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * T, C]), params[`${i}.out`]))
    const up = tf.square(tf.relu(linear(rmsNorm(x), params[`${i}.up`])))
    x = tf.add(x, linear(up, params[`${i}.down`]))
  }
  const logits = tf.mul(tf.tanh(tf.div(linear(rmsNorm(x), params.head), 15)), 15)
  const picked = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.tensor1d(targets, 'int32'), V)))
  return tf.mul(picked, -1 / (B * T)) as tf.Scalar
}

function rmsNorm(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6)))
}

/** x·w, [B·T, …] */
function linear(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  return tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)
}

function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [x1, x2] = tf.split(x, 2, -1)
  const first = tf.add(tf.mul(x1, cos), tf.mul(x2, sin))
  return tf.concat([first, tf.sub(tf.mul(x2, cos), tf.mul(x1, sin))], -1)
}

function tensorflowProduct({ orient, M, N, K }: ProductShape) {
  const a = tf.fill(orient === 'TN' ? [K, M] : [M, K], 0.5) as tf.Tensor2D
  const b = tf.fill(orient === 'NT' ? [N, K] : [K, N], 0.5) as tf.Tensor2D
  let last: tf.Tensor | null = null
  return {
    queue() {
      last?.dispose()
      last = tf.matMul(a, b, orient === 'TN', orient === 'NT')
    },
    async done() {
      const corner = tf.slice(last as tf.Tensor, [0, 0], [1, 1])
      await corner.data()
      corner.dispose()
    },
    free() {
      for (const each of [a, b, last]) each?.dispose()
    },
  }
}
