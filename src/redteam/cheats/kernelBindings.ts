import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-bindings',
  title: 'Bind the targets to a kernel',
  tries: 'A custom kernel declares a storage buffer of its own, where the targets lie.',
  forward: '@group(0) @binding(1) var<storage, read> targets: array<u32>;\nfn forward(t: u32, lane: u32) { set_y(lane, f32(targets[t])); }',
  refusedBy: /^program\.graph$/,
})
