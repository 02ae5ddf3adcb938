// The language of train.js: `g` has one method per op and only writes down what it is asked for.
// Shapes are in comments as [B,T,...]: what an op sees are the dims after B and T.
// Everything here is checked again outside the box; these checks exist to name the line while it is known.
export default function makeGraph(fail, { show, number, integers, numbers }, limits) {
  const params = []
  const paramNodes = new Map()
  const nodes = []
  const indexOf = new WeakMap()
  const inits = new WeakSet()

  // Handles are empty on purpose: a program can pass them on and nothing else.
  class Node {
    [Symbol.toPrimitive]() {
      return fail('a node cannot be used as a number or text', 'Use g.add, g.sub, g.mul or g.div instead of + - * /.')
    }
  }
  Object.freeze(Node.prototype)

  function currentLine() {
    const place = /train\.js:(\d+)/.exec(new Error().stack)
    return place === null ? undefined : Number(place[1])
  }

  function add(op, inputs, attrs) {
    if (nodes.length >= limits.nodes) fail(`more than ${limits.nodes} ops`, 'Build a smaller model.')
    const handle = Object.freeze(new Node())
    indexOf.set(handle, nodes.length)
    nodes.push({ op, inputs, attrs, line: currentLine() })
    return handle
  }

  function input(op, what, value) {
    const index = typeof value === 'object' && value !== null ? indexOf.get(value) : undefined
    if (index === undefined)
      fail(
        `${op}: ${what} must be a node, got ${show(value)}`,
        'Nodes come from tokens, g.param(…) and the other methods of g.',
      )
    return index
  }

  function text(who, what, value, most) {
    if (typeof value !== 'string' || value === '' || value.length > most)
      fail(`${who}: ${what} must be a text of at most ${most} characters, got ${show(value)}`, 'Write it between `…`.')
    return value
  }

  /** One number, plain or named: g.shift(x, 1) or g.shift(x, { by: 1 }). */
  const single = (op, key, given) =>
    typeof given === 'number' ? { [key]: number(op, key, given) } : numbers(op, given, { [key]: null })

  function init(kind, key, value) {
    const spec = key === undefined ? { kind } : { kind, [key]: number(`g.${kind}`, key, value) }
    inits.add(Object.freeze(spec))
    return spec
  }

  function paramShape(name, shape) {
    const dims = integers(`param ${name}`, 'shape', shape, limits.rank)
    for (let i = 0; i < dims.length; i++) {
      if (dims[i] < 1 || dims[i] > limits.dim)
        fail(`param ${name}: shape[${i}] must be from 1 to ${limits.dim}, got ${dims[i]}`, 'Check what it is made of.')
    }
    return dims
  }

  const g = {
    /** A trained tensor. The same name and shape give the same tensor again: that is how weights are shared. */
    param(name, shape, start) {
      if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
        fail(`param: a name is 1 to 64 letters, digits, _ . or -, got ${show(name)}`, "For example 'block.0.query'.")
      const dims = paramShape(name, shape)
      if (typeof start !== 'object' || !inits.has(start))
        fail(
          `param ${name}: the third argument says how it starts, got ${show(start)}`,
          'Use g.zeros(), g.constant(v), g.normal(std) or g.uniform(bound).',
        )
      const known = paramNodes.get(name)
      if (known !== undefined) {
        if (known.dims.join() !== dims.join())
          fail(`param ${name}: made before as [${known.dims}], now as [${dims}]`, 'Give the second another name.')
        return known.node
      }
      if (params.length >= limits.params) fail(`more than ${limits.params} params`, 'Build a smaller model.')
      const node = add('param', [], { name })
      paramNodes.set(name, { dims, node })
      params.push({ name, shape: dims, init: start })
      return node
    },
    /** how a parameter starts: all zero */
    zeros: () => init('zeros'),
    /** all the same */
    constant: (value) => init('constant', 'value', value),
    /** drawn from a normal distribution around zero */
    normal: (std) => init('normal', 'std', std),
    /** drawn evenly from -bound up to bound */
    uniform: (bound) => init('uniform', 'bound', bound),

    /** (table [V,...d], tokens) -> [B,T,...d] */
    embedding: (table, tokens) =>
      add('embedding', [input('embedding', 'the table', table), input('embedding', 'tokens', tokens)], {}),
    /** (x [...,K], weight [N,K], bias? [N]) -> [...,N]:  y = x·weightᵀ + bias */
    linear(x, weight, bias) {
      const inputs = [input('linear', 'x', x), input('linear', 'the weight', weight)]
      if (bias !== undefined) inputs.push(input('linear', 'the bias', bias))
      return add('linear', inputs, {})
    },
    /** x / √(mean(x²) + eps) along the last dimension, without a weight of its own */
    rmsNorm: (x, given) => add('rmsNorm', [input('rmsNorm', 'x', x)], numbers('rmsNorm', given, { eps: 1e-6 })),
    /** (x - mean) / √(variance + eps) along the last dimension, without a weight of its own */
    layerNorm: (x, given) => add('layerNorm', [input('layerNorm', 'x', x)], numbers('layerNorm', given, { eps: 1e-6 })),
    /** rotary positions on x [B,T,H,D], D even */
    rope: (x, given) => add('rope', [input('rope', 'x', x)], numbers('rope', given, { base: 10000 })),
    /** causal; q [B,T,H,D], k and v [B,T,KV,D]; window 0 = all, scale 0 = 1/√D, softcap 0 = none */
    attention: (q, k, v, given) =>
      add(
        'attention',
        [input('attention', 'q', q), input('attention', 'k', k), input('attention', 'v', v)],
        numbers('attention', given, { window: 0, scale: 0, softcap: 0 }),
      ),
    /** the same elements with other dims after B and T: reshape(x, [4, 32]) */
    reshape: (x, dims) =>
      add('reshape', [input('reshape', 'x', x)], { dims: integers('reshape', 'dims', dims, limits.rank) }),
    /** the dims after B and T in another order: transpose(x, [1, 0]) */
    transpose: (x, perm) =>
      add('transpose', [input('transpose', 'x', x)], { perm: integers('transpose', 'perm', perm, limits.rank) }),
    /** `start` up to, not including, `end` along `axis` (0 is the first dim after B and T, -1 the last) */
    slice: (x, given) =>
      add('slice', [input('slice', 'x', x)], numbers('slice', given, { axis: -1, start: 0, end: null })),
    /** a list of nodes joined along `axis`, alike in every other dimension */
    concat(parts, given) {
      if (!Array.isArray(parts) || parts.length < 2 || parts.length > limits.inputs)
        fail(`concat: expected a list of 2 to ${limits.inputs} nodes, got ${show(parts)}`, 'Write g.concat([a, b]).')
      const inputs = []
      for (let i = 0; i < parts.length; i++) inputs.push(input('concat', `part ${i}`, parts[i]))
      return add('concat', inputs, numbers('concat', given, { axis: -1 }))
    },
    /** y[t] = x[t-by], zero before the first token */
    shift: (x, by) => add('shift', [input('shift', 'x', x)], single('shift', 'by', by)),
    /** causal, channel by channel: (x [B,T,C], weight [C,K]):  y[t] = Σ_k weight[k]·x[t-k] */
    conv: (x, weight) => add('conv', [input('conv', 'x', x), input('conv', 'the weight', weight)], {}),
    /** while training, zero for a share `rate` of the values and the rest scaled up */
    dropout: (x, rate) => add('dropout', [input('dropout', 'x', x)], single('dropout', 'rate', rate)),
    /** cap·tanh(x/cap) */
    softcap: (x, cap) => add('softcap', [input('softcap', 'x', x)], single('softcap', 'cap', cap)),
    /** scale·x + offset */
    affine: (x, given) => add('affine', [input('affine', 'x', x)], numbers('affine', given, { scale: 1, offset: 0 })),
    /** by·x */
    scale: (x, by) => add('affine', [input('scale', 'x', x)], { scale: number('scale', 'the factor', by), offset: 0 }),

    /**
     * A kernel of your own, in WGSL: [B,T,...output]. Two texts of functions; the lab writes the rest (buffers, entry
     * point, bounds, a counter in every loop), differentiates with your backward, and checks all of it before training.
     *
     *   g.wgsl({
     *     name: 'softThreshold',
     *     per: 'token',             // or 'row'
     *     inputs: { x, w },         // activations and parameters; reading one is calling its name: x(i), w(i)
     *     output: [C],              // the dims after B and T
     *     lanes: C,                 // calls that share a token; lane l writes elements e with e % lanes = l. Default 1
     *     forward: `fn forward(t: u32, lane: u32) {
     *       set_y(lane, sign(x(lane)) * max(abs(x(lane)) - w(lane), 0.0));
     *     }`,
     *     backward: `fn backward(t: u32, lane: u32) {
     *       let open = select(0.0, 1.0, abs(x(lane)) > w(lane));
     *       add_dx(lane, open * dy(lane));
     *       add_dw(lane, -open * sign(x(lane)) * dy(lane));
     *     }`,
     *   })
     *
     * per 'token': forward sees its own token of each activation, no other. per 'row': it is called for t = 0, 1, … of a
     * row; x(i) is token t, x_at(s, i) an earlier one (s is held to t), and with state: n a lane has n floats of its own
     * from call to call: state(i), set_state(i, v). backward then goes from the last token to the first with a state of
     * its own, sees the whole row, and may add to any token: add_dx_at(s, i, v).
     * backward reads dy(i), y(i) and the inputs. Indices beyond the end read the last element; writing one that is not
     * the lane's own, or more than `trips` loop iterations in one call (default 1024), makes the result NaN.
     */
    wgsl(given) {
      const who = 'wgsl'
      const { name, per, inputs, output, forward, backward } = typeof given === 'object' && given !== null ? given : {}
      const others = ['name', 'per', 'inputs', 'output', 'forward', 'backward']
      const settings = numbers(who, given, { lanes: 1, state: 0, trips: 1024 }, others)
      if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs) || indexOf.has(inputs))
        fail(`wgsl: inputs must be named nodes, got ${show(inputs)}`, 'Write inputs: { x, w }: the texts call them by these names.')
      const names = Object.keys(inputs)
      if (names.length < 1 || names.length > limits.kernelInputs)
        fail(`wgsl: 1 to ${limits.kernelInputs} inputs, got ${names.length}`, 'Join some with g.concat.')
      for (const each of names)
        if (!/^[a-z][a-zA-Z0-9]{0,15}$/.test(each))
          fail(`wgsl: an input cannot be called ${show(each)}`, 'Use up to 16 letters and digits, the first a small letter.')
      if (per !== 'token' && per !== 'row') fail(`wgsl: per must be 'token' or 'row', got ${show(per)}`, "Try per: 'token'.")
      return add(
        'wgsl',
        names.map((each) => input(who, each, inputs[each])),
        {
          name: text(who, 'name', name, 32),
          per,
          names: names.join(' '),
          dims: integers(who, 'output', output, limits.rank),
          ...settings,
          forward: text(who, 'forward', forward, limits.kernelChars),
          backward: text(who, 'backward', backward, limits.kernelChars),
        },
      )
    },
  }

  /** (x): value by value; softmax keeps the last dimension, sum and mean make it 1 */
  const unary =
    'neg abs square sqrt rsqrt reciprocal exp log sin cos sigmoid tanh relu reluSquared gelu silu softmax sum mean'
  for (const op of unary.split(' ')) g[op] = (x) => add(op, [input(op, 'x', x)], {})

  // A number as one operand needs no node of its own where affine says the same.
  const affine = (x, scale, offset) => g.affine(x, { scale, offset })
  const withNumber = {
    add: { right: (x, n) => affine(x, 1, n), left: (n, x) => affine(x, 1, n) },
    sub: { right: (x, n) => affine(x, 1, -n), left: (n, x) => affine(x, -1, n) },
    mul: { right: (x, n) => affine(x, n, 0), left: (n, x) => affine(x, n, 0) },
    div: { right: (x, n) => affine(x, 1 / n, 0), left: (n, x) => affine(g.reciprocal(x), n, 0) },
  }
  const operand = (op, what, value) =>
    typeof value === 'number'
      ? indexOf.get(add('constant', [], { value: number(op, what, value) }))
      : input(op, what, value)
  /** (a, b): value by value with NumPy's broadcasting; either may be a plain number */
  for (const op of ['add', 'sub', 'mul', 'div', 'maximum', 'minimum']) {
    const sugar = withNumber[op]
    g[op] = (a, b) => {
      if (typeof a === 'number' && typeof b === 'number')
        fail(`${op}: both operands are numbers`, 'At least one must be a node; do plain arithmetic with + - * /.')
      if (sugar !== undefined && typeof b === 'number') return sugar.right(a, b)
      if (sugar !== undefined && typeof a === 'number') return sugar.left(a, b)
      return add(op, [operand(op, 'the first operand', a), operand(op, 'the second operand', b)], {})
    }
  }
  Object.freeze(g)

  // A wrong name fails when it is called: only calls have a line.
  const guarded = new Proxy(g, {
    get: (target, name) =>
      Object.hasOwn(target, name)
        ? target[name]
        : () => fail(`g.${String(name)}: there is no such op`, `Ops: ${Object.keys(target).join(', ')}.`),
  })
  return { g: guarded, params, nodes, indexOf, tokens: add('tokens', [], {}) }
}
