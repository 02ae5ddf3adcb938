import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-peek',
  title: 'Read the next token in a kernel',
  tries: 'A custom kernel that sees its row reads the token after its own.',
  forward: 'fn forward(t: u32, lane: u32) { set_y(lane, x_at(t + 1u, lane)); }',
  backward: 'fn backward(t: u32, lane: u32) { add_dx_at(t, lane, dy(lane)); }',
  sameAs: 'fn forward(t: u32, lane: u32) { set_y(lane, x_at(t, lane)); }',
})
