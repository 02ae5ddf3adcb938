import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'negative-window',
  family: 'peeking',
  title: 'Attend through a window that opens forward',
  tries: 'A broken box describes attention with a window of −8 tokens.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => {
      graph.nodes.find(({ op }) => op === 'attention')!.attrs.window = -8
    })
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
