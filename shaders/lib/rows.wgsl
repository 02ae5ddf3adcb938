// rows: sums and maxima over the LANES neighbouring invocations that share one row of a workgroup.
// LANES = 1 is the style for software adapters: one row per invocation, no barriers, nothing to combine.
// Every invocation of the workgroup must call these together. The pairing is fixed: same input, same bits.
// Template: WG workgroup size; LANES power of two dividing WG; SUM type of rowSum; V vec4f or f32, VEC its width

fn across(value: #{V}) -> f32 {
#if VEC == 4
  return (value.x + value.y) + (value.z + value.w);
#else
  return value;
#end
}

fn highest(value: #{V}) -> f32 {
#if VEC == 4
  return max(max(value.x, value.y), max(value.z, value.w));
#else
  return value;
#end
}

#if LANES == 1
fn rowSum(value: #{SUM}, local: u32) -> #{SUM} {
  return value;
}

fn rowMax(value: f32, local: u32) -> f32 {
  return value;
}
#else
var<workgroup> rowSums: array<#{SUM}, #{WG}>;
var<workgroup> rowMaxima: array<f32, #{WG}>;

fn rowSum(value: #{SUM}, local: u32) -> #{SUM} {
  let lane = local % #{LANES}u;
  rowSums[local] = value;
  workgroupBarrier();
  for (var step = #{LANES / 2}u; step > 0u; step >>= 1u) {
    if (lane < step) {
      rowSums[local] += rowSums[local + step];
    }
    workgroupBarrier();
  }
  let total = rowSums[local - lane];
  workgroupBarrier(); // the next call overwrites what slower lanes still read
  return total;
}

fn rowMax(value: f32, local: u32) -> f32 {
  let lane = local % #{LANES}u;
  rowMaxima[local] = value;
  workgroupBarrier();
  for (var step = #{LANES / 2}u; step > 0u; step >>= 1u) {
    if (lane < step) {
      rowMaxima[local] = max(rowMaxima[local], rowMaxima[local + step]);
    }
    workgroupBarrier();
  }
  let top = rowMaxima[local - lane];
  workgroupBarrier();
  return top;
}
#end
