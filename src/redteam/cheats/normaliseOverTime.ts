import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'normalise-over-time',
  family: 'peeking',
  title: 'Normalise over time',
  tries: 'A broken box asks for a softmax over the axis of tokens: its denominator tells what comes later.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => {
      graph.nodes.push({ op: 'softmax', inputs: [graph.output], attrs: { axis: -2 } })
      graph.output = graph.nodes.length - 1
    })
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
