import { reach } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

export default {
  id: 'network',
  family: 'escape',
  title: 'Reach the network',
  tries: 'train.js looks for fetch, XMLHttpRequest, WebSocket, EventSource, WebTransport and sendBeacon.',
  attempt: (ground) => unreachable(ground.describe(reach(['fetch', 'XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'EventSource', 'WebTransport', 'sendBeacon', 'Image']))),
} satisfies Cheat
