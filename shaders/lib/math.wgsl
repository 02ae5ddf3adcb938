// math: functions whose built-in forms are not safe for training.
// WGSL's tanh may be computed as a ratio of exponentials: NaN for large |x|, and no correct digit for tiny x.
// Source: Taylor series of tanh below 1/4 (next term 4e-9 relative), 1 - 2/(exp(2|x|)+1) above; ±1 past 10.

fn safeTanh(x: f32) -> f32 {
  let a = min(abs(x), 10.0);
  let q = a * a;
  let series = a + a * q * (-0.33333333 + q * (0.13333333 + q * (-0.053968254 + q * 0.021869489)));
  let ratio = 1.0 - 2.0 / (exp(2.0 * a) + 1.0);
  let t = select(ratio, series, a < 0.25);
  return select(t, -t, x < 0.0);
}

fn safeTanh4(x: vec4f) -> vec4f {
  let a = min(abs(x), vec4f(10.0));
  let q = a * a;
  let series = a + a * q * (-0.33333333 + q * (0.13333333 + q * (-0.053968254 + q * 0.021869489)));
  let ratio = 1.0 - 2.0 / (exp(2.0 * a) + 1.0);
  let t = select(ratio, series, a < vec4f(0.25));
  return select(t, -t, x < vec4f(0.0));
}
