import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'future-node',
  family: 'peeking',
  title: 'Wire the model in a circle',
  tries: 'A broken box describes an op that reads its own result.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => {
      graph.nodes.push({ op: 'neg', inputs: [graph.nodes.length], attrs: {} })
    })
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
