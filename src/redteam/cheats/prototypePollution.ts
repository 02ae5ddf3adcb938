import { code } from '../programs'
import type { Cheat } from '../types'
import { refused } from '../walls'

export default {
  id: 'prototype-pollution',
  family: 'escape',
  title: 'Pollute what every object inherits',
  tries: 'train.js gives Object.prototype a toJSON, so that the description says what it likes.',
  attempt: (ground) => refused(ground.describe(code("Object.prototype.toJSON = () => ({ valBpb: 0.0001 })")), /^program\.graph$/),
} satisfies Cheat
