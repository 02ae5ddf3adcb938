import { kernelCheat } from '../kernelCheats'

export default kernelCheat({
  id: 'kernel-wrong-gradient',
  title: 'Lie about a derivative',
  tries: 'A custom kernel declares a backward that is not the derivative of its forward.',
  forward: 'fn forward(t: u32, lane: u32) { set_y(lane, x(lane) * x(lane)); }',
  backward: 'fn backward(t: u32, lane: u32) { add_dx(lane, 7.0 * dy(lane)); }',
  unscoredBy: /^judge\./,
})
