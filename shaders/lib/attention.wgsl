// attention: what every attention kernel shares: its tensors, where a workgroup works, who sees whom, what a score is.
// Math:     s = scale q.k, or cap tanh(scale q.k / cap);  query i sees key j when i - WINDOW <= j <= i (WINDOW 0: j <= i)
//           forward      out_i = sum_j p_ij v_j,  p_ij = exp(s_ij) / sum_j exp(s_ij)
//           backward_q   delta_i = dOut_i.out_i;  g_ij = p_ij (dOut_i.v_j - delta_i) ds_ij/d(q_i.k_j);  dQ_i = sum_j g_ij k_j
//           backward_kv  dV_j = sum_i p_ij dOut_i;  dK_j = sum_i g_ij q_i, over every head of j's group, in a fixed order
// Shapes:   q,out,dOut,dQ [B,T,H,D]  k,v,dK,dV [B,T,KV,D]  lse,delta [B,H,T]; rows are NV vectors of #{W}
// Saves:    forward: lse = ln sum_j exp(s_ij); backward_q: delta, for backward_kv
// Writes:   out and lse, dQ and delta, dK and dV overwritten. Accumulates: nothing.
// Check:    src/reference/attention.ts; atol 1e-5 (gradients 2e-5), rtol 1e-4 on unit inputs
// Source:   Milakov & Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135;
//           grouped heads: Ainslie et al. 2023, arXiv:2305.13245
// Terms:    a workgroup OWNS a tile of rows and STREAMS the rows they meet, a block at a time. Without KEYS queries
//           own and keys are streamed; with KEYS keys own and queries are streamed.
//              own0 own1  streamed0 streamed1  results
//           forward        q    -     k         v         out = sum p streamed1
//           backward_q     q    dOut  k         v         dQ  = sum g streamed0
//           backward_kv    k    v     q         dOut      dK  = sum g streamed0, dV = sum p streamed1
//           score = own0.streamed0;  g = p (own1.streamed1 - delta) slope: the same for the last two
// Template: BINDINGS: declarations; ROWS: owned rows of a tile; STEP: streamed rows of a block
#if QUAD
enable subgroups;
// every bound is the same for the four threads of a quad
diagnostic(off, subgroup_uniformity);
#end
#{BINDINGS}

const T = #{T}u;
const H = #{H}u;
const NV = #{NV}u;
const GROUP = #{H / KV}u; // query heads of a key head
const UNSEEN = -3e38; // a masked score: exp(UNSEEN - anything) = 0

struct Place {
  start: u32, // first owned row
  b: u32,
  head: u32, // of the owned rows
}

// Tiles of one size: (b, head) of the owned rows. The batch is read from a binding, so that training, evaluation and
// sampling share one compiled kernel.
fn heads() -> u32 {
  return arrayLength(&lse) / #{T * H / OWN_HEADS}u;
}

// Heads vary fastest and the tiles that meet the most rows come first: no core is left with a long one at the end.
fn place(block: u32) -> Place {
  let bh = block % heads();
#if KEYS
  let tile = block / heads();
#else
  let tile = #{TILES - 1}u - block / heads();
#end
  return Place(tile * #{ROWS}u, bh / #{OWN_HEADS}u, bh % #{OWN_HEADS}u);
}

// Where rows begin, in vectors; past the end the last row is read again.
fn ownedAt(p: Place, row: u32) -> u32 {
  return ((p.b * T + min(row, T - 1u)) * #{OWN_HEADS}u + p.head) * NV;
}

fn streamedAt(p: Place, head: u32, row: u32) -> u32 {
  return ((p.b * T + min(row, T - 1u)) * #{STREAM_HEADS}u + head) * NV;
}

// Where the lse and delta of a query are.
fn statAt(p: Place, head: u32, row: u32) -> u32 {
  return (p.b * H + head) * T + min(row, T - 1u);
}

fn own0(at: u32) -> #{VEC} { return #{OWN0}[at]; }
fn streamed0(at: u32) -> #{VEC} { return #{STREAM0}[at]; }
fn streamed1(at: u32) -> #{VEC} { return #{STREAM1}[at]; }
#if !FORWARD
fn own1(at: u32) -> #{VEC} { return #{OWN1}[at]; }
#end

// The streamed rows that any owned row meets: the first, and one past the last. Others are never visited.
fn range(start: u32) -> vec2u {
#if KEYS
  return vec2u(start, min(start + #{REACH}u, T));
#else
  return vec2u((max(start, #{REACH}u) - #{REACH}u) / #{STEP}u * #{STEP}u, min(start + #{ROWS}u, T));
#end
}

// 1 where some owned row may not meet some row of the block of streamed rows at x, 0 where all meet: the number of
// turns of a loop around the masks, because a software adapter skips a loop but not a branch.
fn edges(start: u32, x: u32) -> u32 {
#if KEYS
  let causal = (x < start + #{ROWS - 1}u) | (x + #{STEP}u > T);
  let window = x + #{STEP - 1}u > start + #{WINDOW}u;
#else
  let causal = x + #{STEP - 1}u > start;
  let window = x + #{WINDOW}u < start + #{ROWS - 1}u;
#end
#if WINDOW > 0
  return u32(causal | window);
#else
  return u32(causal);
#end
}

fn masked(s: vec4f, own: vec4u, x: vec4u) -> vec4f {
#if KEYS
  let i = x;
  let j = own;
#else
  let i = own;
  let j = x;
#end
#if WINDOW > 0
  return select(vec4f(UNSEEN), s, (j <= i) & (j + #{WINDOW}u >= i) & (i < vec4u(T)));
#else
  return select(vec4f(UNSEEN), s, (j <= i) & (i < vec4u(T)));
#end
}

// Scores of dot products.
fn scores(dots: vec4f) -> vec4f {
#if SOFTCAP
  // cap tanh(x / cap); the built-in tanh promises only 1e-5
  let e = exp(abs(dots) * #{minusTwoScaleOverCap});
  return sign(dots) * #{softcap} * (1.0 - e) / (1.0 + e);
#else
  return dots * #{scale};
#end
}

// d score / d (scale q.k), from the score.
fn slope(s: vec4f) -> vec4f {
#if SOFTCAP
  let t = max(s / #{softcap}, vec4f(-1.0)); // masked scores lie far below, and their squares are infinite
  return 1.0 - t * t;
#else
  return vec4f(1.0);
#end
}

// Probabilities again, from what the forward saved; min holds rounding of enormous scores.
fn probabilities(s: vec4f, lses: vec4f) -> vec4f {
  return exp(min(s - lses, vec4f()));
}
