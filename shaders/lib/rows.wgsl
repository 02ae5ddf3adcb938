// rows: the LANES neighbouring invocations of a workgroup that share one row: what each visits, and their sums and maxima.
// LANES = 1 is the style for software adapters: one row per invocation, no barriers, nothing to combine.
// Every invocation of the workgroup must call rowSum and rowMax together. The pairing is fixed: same input, same bits.
// Template: WG workgroup size; GRID_X workgroups along x; LANES power of two dividing WG; SUM type of rowSum; V vec4f or f32, VEC its width

// What an invocation visits of its row: start, start + LANES, … below end; nothing where the row is past the last.
struct Share {
  row: u32,
  start: u32,
  end: u32,
}

// `rows` rows of `units` loads each, one after another.
fn share(group: vec3u, local: u32, rows: u32, units: u32) -> Share {
  let row = ((group.y * #{GRID_X}u + group.x) * #{WG}u + local) / #{LANES}u;
  return Share(row, row * units + local % #{LANES}u, select(0u, (row + 1u) * units, row < rows));
}

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
