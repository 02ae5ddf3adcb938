import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-endless-loop',
  title: 'Hang the graphics processor',
  tries: 'A custom kernel loops for ever: without a counter in the loop this wedged a whole browser.',
  forward: 'fn forward(t: u32, lane: u32) { var a = 0.0; loop { a += x(lane); if (a > 1e38) { break; } } set_y(lane, a); }',
  unscoredBy: /^(judge|gpu|numeric)\./,
})
