// matmul_operand: how matmul_tiled brings an operand into workgroup memory; expanded once as A and once as B.
// Template: X, x: the operand's name, and its binding's; SIDE: the tile's length along the operand's side, which is op(A)'s
//           rows or op(B)'s columns; CLAMP: keeps an index within that side; ALONG_K: the operand's rows run along k;
//           VECTORS: they are bound as vec4s; SCALED: each k is multiplied by scale[k]; TAIL_K: tiles reach past K
// Layout:   a tile is BK × SIDE, in vec4s along the side; it comes in 4×4 blocks, numbered as they lie in the operand
override #{X}_WIDTH: u32;
override #{X}_STRIDE: u32;
const LD#{X} = #{SIDE / 4 + 1}u; // vec4s from one k to the next
#if MATRIX
var<workgroup> tile#{X}: array<#{COMPONENT}, #{BK * (SIDE + 4)}>;
#else
var<workgroup> tile#{X}: array<vec4f, #{BK * (SIDE / 4 + 1)}>;
#end

// Four neighbours of a row as it lies; what lies outside is the last one again.
fn load#{X}(start: u32, row: u32, col: u32) -> vec4f {
#if VECTORS
  return #{x}[(start + row * #{X}_WIDTH + col) / 4u];
#else
  let at = start + row * #{X}_WIDTH;
  let last = #{X}_WIDTH - 1u;
  return vec4f(#{x}[at + min(col, last)], #{x}[at + min(col + 1u, last)], #{x}[at + min(col + 2u, last)], #{x}[at + min(col + 3u, last)]);
#end
}

// Where a block begins in the tile: its k, and its place along the side.
fn place#{X}(block: u32) -> vec2u {
#if ALONG_K
  return vec2u(block % #{BK / 4}u, block / #{BK / 4}u) * 4u;
#else
  return vec2u(block / #{SIDE / 4}u, block % #{SIDE / 4}u) * 4u;
#end
}

// The block that begins at (k, side) of the operand, as four vec4s along the side, one for each k; zero past K.
fn fetch#{X}(start: u32, k: u32, side: u32) -> mat4x4f {
#if ALONG_K
  var values = mat4x4f(
    #for e in 0..4
    load#{X}(start, #{CLAMP}(side + #{e}u), k),
    #end
  );
  values = transpose(values);
#else
  var values = mat4x4f(
    #for e in 0..4
    load#{X}(start, clampK(k + #{e}u), side),
    #end
  );
#end
#if SCALED
  #for e in 0..4
  values[#{e}] *= scale[clampK(k + #{e}u)];
  #end
#end
#if TAIL_K
  #for e in 0..4
  values[#{e}] = select(vec4f(), values[#{e}], k + #{e}u < K);
  #end
#end
  return values;
}

// Puts a block where place#{X} says.
fn put#{X}(place: vec2u, values: mat4x4f) {
  let at = place.x * LD#{X} + place.y / 4u;
  #for e in 0..4
#if MATRIX
  #for f in 0..4
  tile#{X}[(at + #{e}u * LD#{X}) * 4u + #{f}u] = #{COMPONENT}(values[#{e}][#{f}]);
  #end
#else
  tile#{X}[at + #{e}u * LD#{X}] = values[#{e}];
#end
  #end
}
