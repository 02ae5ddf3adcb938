import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-template-escape',
  title: 'Break out of the text around a kernel',
  tries: 'A custom kernel closes its own function and writes an entry point after it.',
  forward: 'fn forward(t: u32, lane: u32) { set_y(lane, 0.0); }\n} @compute @workgroup_size(1) fn main() { /*',
  refusedBy: /^program\.graph$/,
})
