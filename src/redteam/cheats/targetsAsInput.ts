import type { Cheat } from '../types'
import { forged, refused } from '../walls'

export default {
  id: 'targets-as-input',
  family: 'data',
  title: 'Use the answers as an input',
  tries: 'A broken box describes an op called targets.',
  attempt: async (ground) => {
    const text = await forged(ground, ({ graph }) => void graph.nodes.push({ op: 'targets', inputs: [], attrs: {} }))
    return refused(ground.hear(text), /^program\.graph$/)
  },
} satisfies Cheat
