// A decoder that says what it was made to say: real files (ONNX weights, tokenizer, configuration) that transformers.js
// loads like any other model's, with a cache of keys and values, small enough to be made when a test begins. Every token
// is followed by the next one of its reply. It shows that all is connected, not that anything is clever.

import { externalInitializer, FLOAT, initializer, input, INT64, model, node, output } from './onnxBytes'

/** First symbol that is no byte. */
const END = 256
const HEAD_SIZE = 8
/** Characters of a reply that one token stands for, when they have not been used before. */
const PIECE = 4

export interface TinyModel {
  /** by path in the model's folder */
  files: Record<string, Uint8Array>
  /** tokens of each reply, without the one that ends it */
  replyTokens: number[]
}

export interface TinyReply {
  text: string
  /** said when the prompt contains this and no later reply's; the first reply's is not looked at */
  after?: string
  /** begins again at its end, and so is never done */
  forever?: true
}

/**
 * @param replies what it says: which of them is up to the prompt, through the chat template
 * @param external its weights in a file of their own, as those of large models are
 */
export function tinyModel(replies: TinyReply[], { external = false } = {}): TinyModel {
  const used = new Set<string>()
  const pieces = replies.map(({ text }) => split(text, used))
  const starts: number[] = []
  const contents = ['<|end|>']
  for (const reply of pieces) {
    starts.push(END + contents.length)
    contents.push(`<|reply ${starts.length}|>`, ...reply)
  }
  const vocab = END + contents.length
  const next = (token: number): number => {
    if (token < END) return starts[0]
    const following = token + 1
    if (token !== END && following < vocab && !starts.includes(following)) return following
    const reply = starts.filter((start) => start <= token).length - 1
    return replies[reply]?.forever ? starts[reply] + 1 : END
  }
  const { graph, data } = weights(vocab, next, external)
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  const special = (content: string) => /^<\|.*\|>$/.test(content)
  const added = contents.map((content, i) => ({
    id: END + i, content, special: special(content), single_word: false, lstrip: false, rstrip: false, normalized: false,
  }))
  const symbols = Object.fromEntries(byteSymbols().map((symbol, byte) => [symbol, byte]))
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  return {
    replyTokens: pieces.map(({ length }) => length),
    files: {
      'onnx/model.onnx': graph,
      ...(external && { 'onnx/model.onnx_data': data }),
      'config.json': json({
        model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], n_head: 1, n_layer: 1, n_embd: HEAD_SIZE,
        vocab_size: vocab, n_positions: 65_536, bos_token_id: END, eos_token_id: END,
        ...(external && { 'transformers.js_config': { use_external_data_format: 1 } }),
      }),
      'generation_config.json': json({ bos_token_id: END, eos_token_id: END }),
      'tokenizer_config.json': json({
        tokenizer_class: 'GPT2Tokenizer', eos_token: '<|end|>', bos_token: '<|end|>', pad_token: '<|end|>',
        model_max_length: 65_536, chat_template: chatTemplate(replies),
      }),
      'tokenizer.json': json({
        version: '1.0', truncation: null, padding: null, added_tokens: added, normalizer: null,
        pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel,
        model: {
          type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '',
          fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab: { ...symbols, '<|end|>': END }, merges: [],
        },
      }),
    },
  }
}

/** Cuts a reply into pieces none of which is used twice, here or in another reply: each becomes a token of its own. */
function split(text: string, used: Set<string>): string[] {
  const characters = [...text]
  const pieces: string[] = []
  for (let at = 0; at < characters.length; ) {
    let length = Math.min(PIECE, characters.length - at)
    const cut = () => characters.slice(at, at + length).join('')
    while (used.has(cut()) && at + length < characters.length) length++
    let piece = cut()
    // at the end there is nothing left to lengthen it by but what came before
    while (used.has(piece) && pieces.length > 0) piece = pieces.pop() + piece
    used.add(piece)
    pieces.push(piece)
    at += length
  }
  return pieces
}

/** Messages in plain text, then the token that begins a reply: the last one whose mark is in the prompt. */
function chatTemplate(replies: TinyReply[]): string {
  const choose = replies
    .map(({ after }, i) => (i === 0 ? '' : `{% if ${JSON.stringify(after)} in text.all %}{% set text.reply = ${i + 1} %}{% endif %}`))
    .join('')
  return (
    "{% set text = namespace(all='', reply=1) %}" +
    "{% for message in messages %}{% set text.all = text.all + message['role'] + ': ' + message['content'] + '\\n' %}{% endfor %}" +
    `${choose}{{ text.all }}<|reply {{ text.reply }}|>`
  )
}

/** logits = table[token]; keys and values grow by a row a token, as those of a real decoder do. */
function weights(vocab: number, next: (token: number) => number, external: boolean): { graph: Uint8Array; data: Uint8Array } {
  const table = new Float32Array(vocab * vocab)
  for (let token = 0; token < vocab; token++) table[token * vocab + next(token)] = 20
  const keys = Float32Array.from({ length: vocab * HEAD_SIZE }, (_, i) => Math.sin(i))
  const past = (what: string) => `past_key_values.0.${what}`
  const data = new Uint8Array(table.buffer)
  const graph = model([
    node('Gather', ['table', 'input_ids'], ['logits'], { axis: 0 }),
    node('Gather', ['keys', 'input_ids'], ['rows'], { axis: 0 }),
    node('Unsqueeze', ['rows', 'headAxis'], ['heads']),
    node('Concat', [past('key'), 'heads'], ['present.0.key'], { axis: 2 }),
    node('Concat', [past('value'), 'heads'], ['present.0.value'], { axis: 2 }),
    external
      ? externalInitializer('table', FLOAT, [vocab, vocab], 'model.onnx_data', data.length)
      : initializer('table', FLOAT, [vocab, vocab], data),
    initializer('keys', FLOAT, [vocab, HEAD_SIZE], keys),
    initializer('headAxis', INT64, [1], new BigInt64Array([1n])),
    input('input_ids', INT64, ['batch', 'tokens']),
    input('attention_mask', INT64, ['batch', 'all']),
    ...['key', 'value'].map((what) => input(past(what), FLOAT, ['batch', 1, 'past', HEAD_SIZE])),
    output('logits', FLOAT, ['batch', 'tokens', vocab]),
    ...['key', 'value'].map((what) => output(`present.0.${what}`, FLOAT, ['batch', 1, 'all', HEAD_SIZE])),
  ])
  return { graph, data }
}

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteSymbols(): string[] {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let others = 0
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : 256 + others++))
}
