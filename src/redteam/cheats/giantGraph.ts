import { modelWith } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'giant-graph',
  family: 'bomb',
  title: 'Describe a model of a million ops',
  tries: 'The graph grows until whoever compiles it has no memory left.',
  // which limit it meets first depends on how busy the machine is
  attempt: (ground) => refused(ground.describe(modelWith('let y = x\nfor (let i = 0; i < 1e6; i++) y = g.neg(y)\nreturn head(y)')), /^(program\.graph|sandbox\.(timeout|memory|output))$/),
} satisfies Cheat
