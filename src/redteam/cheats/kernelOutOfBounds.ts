import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-out-of-bounds',
  title: 'Read past the end in a kernel',
  tries: 'A custom kernel reads far beyond its own token, where other rows lie.',
  forward: 'fn forward(t: u32, lane: u32) { set_y(lane, x(lane) + x(16u * (t + 1u) + 4096u)); }',
  backward: 'fn backward(t: u32, lane: u32) { add_dx(lane, dy(lane)); add_dx(15u, select(0.0, 0.0, lane == 15u)); }',
  unscoredBy: /^judge\./,
})
