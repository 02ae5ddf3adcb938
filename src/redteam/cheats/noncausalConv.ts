import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'noncausal-conv',
  family: 'peeking',
  title: 'Convolve with a kernel that reaches ahead',
  tries: 'A broken box describes a convolution padded on both sides.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => {
      graph.params.push({ name: 'ahead', shape: [ground.vocab, 3], init: { kind: 'normal', std: 1 } })
      graph.nodes.push({ op: 'param', inputs: [], attrs: { name: 'ahead' } })
      graph.nodes.push({ op: 'conv', inputs: [graph.output, graph.nodes.length - 1], attrs: { padding: 1 } })
      graph.output = graph.nodes.length - 1
    })
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
