import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-shared-memory',
  title: 'Whisper between tokens through shared memory',
  tries: 'A custom kernel declares workgroup memory that all tokens of a batch share.',
  forward: 'var<workgroup> heard: array<f32, 64>;\nfn forward(t: u32, lane: u32) { set_y(lane, heard[0]); heard[0] = x(lane); }',
  refusedBy: /^program\.graph$/,
})
