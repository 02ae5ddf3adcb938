// Ideas about the model.

import type { Idea } from './types'

export const ARCHITECTURE: readonly Idea[] = [
  {
    name: 'SwiGLU',
    category: 'activation',
    sentence: 'A gated MLP with SiLU: one half decides how much of the other passes, which carries more per parameter.',
    source: 'Shazeer 2020, arXiv:2002.05202',
    knobs: { ACTIVATION: 'swiglu' },
  },
  {
    name: 'GEGLU',
    category: 'activation',
    sentence: 'A gated MLP with GELU, the other gate that did best when gates were compared.',
    source: 'Shazeer 2020, arXiv:2002.05202',
    knobs: { ACTIVATION: 'geglu' },
  },
  {
    name: 'token shift',
    category: 'residual',
    sentence: 'Each block also sees the token before through a learned weight a channel: word pieces without attention.',
    source: 'Peng et al. 2023, arXiv:2305.13048',
    knobs: { TOKEN_MIX: 'shift' },
  },
  {
    name: 'short convolution',
    category: 'residual',
    sentence: 'A causal convolution over four tokens before attention: n-grams are learned at once, and it costs next to nothing.',
    source: 'So et al. 2021, arXiv:2109.08668',
    knobs: { TOKEN_MIX: 'conv' },
  },
  {
    name: 'full attention',
    category: 'attention',
    sentence: 'Every layer sees everything: in a short context windows save little.',
    source: 'Beltagy et al. 2020, arXiv:2004.05150',
    knobs: { WINDOW_PATTERN: 'L' },
  },
  {
    name: 'local attention',
    category: 'attention',
    sentence: 'Every other layer looks at half the context only: most of what predicts a byte is near.',
    source: 'Beltagy et al. 2020, arXiv:2004.05150',
    knobs: { WINDOW_PATTERN: 'SL' },
  },
  {
    name: 'low rotary base',
    category: 'attention',
    sentence: 'Rotary angles with a base of 500: with a base for long texts, most pairs of channels hardly turn in a short one.',
    source: 'Su et al. 2021, arXiv:2104.09864',
    knobs: { ROPE_BASE: 500 },
  },
  {
    name: 'no positions',
    category: 'attention',
    sentence: 'No position encoding: a causal model can count by itself, and what it saves is spent on content.',
    source: 'Kazemnejad et al. 2023, arXiv:2305.19466',
    knobs: { POSITION: 'none' },
  },
  {
    name: 'grouped queries',
    category: 'attention',
    sentence: 'Two query heads share keys and values: fewer parameters and faster steps at nearly the same quality.',
    source: 'Ainslie et al. 2023, arXiv:2305.13245',
    knobs: { QUERIES_PER_KV: 2 },
  },
  {
    name: 'LayerNorm',
    category: 'stability',
    sentence: 'Subtract the mean as well: the older norm, which now and then is the better one in small models.',
    source: 'Ba et al. 2016, arXiv:1607.06450',
    knobs: { NORM: 'layerNorm' },
  },
  {
    name: 'deep and thin',
    category: 'depth',
    sentence: 'Half again as many blocks, four fifths as wide: at few parameters depth pays more than width.',
    source: 'Liu et al. 2024, arXiv:2402.14905',
    knobs: { DEPTH: { times: 1.5 }, WIDTH: { times: 0.8 } },
  },
  {
    name: 'shallow and wide',
    category: 'width',
    sentence: 'A third fewer blocks, a quarter wider: a chain of fewer kernels, so more steps within the budget.',
    source: 'Kaplan et al. 2020, arXiv:2001.08361',
    knobs: { DEPTH: { times: 0.67 }, WIDTH: { times: 1.25 } },
  },
  {
    name: 'loose softcap',
    category: 'stability',
    sentence: 'Logits capped at 30: a tight cap keeps a model from being sure where it can be.',
    source: 'Gemma Team 2024, arXiv:2408.00118',
    knobs: { SOFTCAP: 30 },
  },
  {
    name: 'parallel blocks',
    category: 'residual',
    sentence: 'Attention and MLP read the same normed input and are added together: one norm fewer, shorter chains of kernels.',
    source: 'Chowdhery et al. 2022, arXiv:2204.02311',
    edits: [
      {
        find: '    x = g.add(x, attention(norm(x), i))\n    x = g.add(x, mlp(norm(x), i))\n',
        replace: '    const seen = norm(x)\n    x = g.add(x, g.add(attention(seen, i), mlp(seen, i)))\n',
      },
    ],
  },
  {
    name: 'gated attention',
    category: 'attention',
    sentence: 'A sigmoid gate, seen from the input, on what attention brings back: heads can stay silent.',
    source: 'Qiu et al. 2025, arXiv:2505.06708',
    edits: [
      {
        find: '    return g.linear(g.reshape(y, [H * D]), matrix(`block.${i}.out`, C, H * D, g.zeros()))',
        replace:
          '    const open = g.scale(g.sigmoid(g.linear(x, matrix(`block.${i}.open`, H * D, C, g.zeros()))), 2)\n' +
          '    return g.linear(g.mul(g.reshape(y, [H * D]), open), matrix(`block.${i}.out`, C, H * D, g.zeros()))',
      },
    ],
  },
  {
    name: 'sharper attention',
    category: 'attention',
    sentence: 'Normed queries and keys can only be so alike: a larger scale lets attention settle on one token.',
    source: 'Henry et al. 2020, arXiv:2010.04245',
    edits: [{ find: '{ window: windowOf(i) }', replace: '{ window: windowOf(i), scale: 1.5 / Math.sqrt(D) }' }],
  },
  {
    name: 'skips across the middle',
    category: 'residual',
    sentence: 'The second half of the blocks gets back what the first half saw, through one learned number each, zero at the start.',
    source: 'Bao et al. 2022, arXiv:2209.12152',
    edits: [
      { find: '  let x = x0\n', replace: '  let x = x0\n  const earlier = []\n' },
      {
        find: '    x = g.add(x, attention(norm(x), i))\n',
        replace:
          '    if (i < Math.floor(DEPTH / 2)) earlier.push(x)\n' +
          '    else if (earlier.length > 0) x = g.add(x, g.mul(earlier.pop(), g.param(`skip.${i}`, [1], g.zeros())))\n' +
          '    x = g.add(x, attention(norm(x), i))\n',
      },
      { find: "{ match: 'x0.*',", replace: "{ match: ['x0.*', 'skip.*']," },
    ],
  },
  {
    name: 'tied embeddings',
    category: 'embedding',
    sentence: 'One table for input and output learns from both ends, and a small model has fewer weights to fill.',
    source: 'Press and Wolf 2016, arXiv:1608.05859',
    edits: [
      {
        find: "g.linear(norm(x), matrix('head', vocab, C, g.normal(0.001)))",
        replace: "g.scale(g.linear(norm(x), g.param('embed', [vocab, C], g.normal(1))), 1 / C)",
      },
    ],
  },
  {
    name: 'narrow MLP',
    category: 'width',
    sentence: 'Three times the width instead of four inside the MLP: the shape matters little, and steps are faster.',
    source: 'Kaplan et al. 2020, arXiv:2001.08361',
    edits: [{ find: ' : 4 * C', replace: ' : 3 * C' }],
  },
  {
    name: 'differential attention',
    category: 'attention',
    sentence: 'Attention as the difference of two maps: what both see is noise and cancels.',
    source: 'Ye et al. 2024, arXiv:2410.05258',
  },
  {
    name: 'value residual',
    category: 'residual',
    sentence: 'Later layers mix the values of the first layer into their own, so that what tokens are is not forgotten on the way.',
    source: 'Zhou et al. 2024, arXiv:2410.17897',
  },
  {
    name: 'normalised everywhere',
    category: 'stability',
    sentence: 'Keep weights and hidden states on the unit sphere, with learned step sizes: fewer steps to the same loss.',
    source: 'Loshchilov et al. 2024, arXiv:2410.01131',
  },
]
