import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'forged-handle',
  family: 'escape',
  title: 'Forge a node of the graph',
  tries: 'The model returns an object made from the class of a node.',
  attempt: (ground) => refused(ground.describe(modelWith('return new x.constructor()')), /^program\.graph$/),
} satisfies Cheat
