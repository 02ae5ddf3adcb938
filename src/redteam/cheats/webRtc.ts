import { reach } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

export default {
  id: 'webrtc',
  family: 'escape',
  title: 'Leave by WebRTC',
  tries: 'train.js looks for a peer connection, which content policies do not cover.',
  attempt: (ground) => unreachable(ground.describe(reach(['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'RTCSessionDescription']))),
} satisfies Cheat
