import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'peek-by-forged-shift',
  family: 'peeking',
  title: 'Look at the next token, behind the box’s back',
  tries: 'A broken box describes a shift by −1, which its own language would not have allowed.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => {
      graph.nodes.push({ op: 'shift', inputs: [graph.output], attrs: { by: -1 } })
      graph.output = graph.nodes.length - 1
    })
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
