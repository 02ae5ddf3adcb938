// How three families of providers put a question and an answer on the wire, as far as the scripted server needs it.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

/** What a client sent. */
export interface Asked {
  path: string
  headers: IncomingHttpHeaders
  model: string
  system: string
  /** the last thing the person's side said */
  prompt: string
  /** the body as it came */
  text: string
  /** the JSON Schema that the answer was asked to hold to; null where none was sent */
  schema: unknown
  /** resolves when the client went away before the answer was whole; never otherwise */
  left: Promise<void>
}

export interface Wire {
  /** @param text the body */
  read(text: string, path: string): Pick<Asked, 'model' | 'system' | 'prompt' | 'schema'>
  opening(asked: Asked): string[]
  piece(asked: Asked, text: string): string
  closing(asked: Asked, usage: { input: number; output: number } | null, cut: boolean): string[]
  /** the body of an error */
  failure(status: number): unknown
}

interface Message {
  role: string
  content: string | { text?: string }[]
}

/** The family that a path belongs to. */
export function wireOf(path: string): Wire | null {
  if (path.endsWith('/chat/completions')) return openai
  if (path.endsWith('/messages')) return anthropic
  if (path.endsWith(':streamGenerateContent')) return google
  return null
}

export async function readAsked(request: IncomingMessage, response: ServerResponse, wire: Wire): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const path = new URL(request.url ?? '/', 'http://x').pathname
  const left = new Promise<void>((resolve) => response.once('close', () => void (response.writableEnded || resolve())))
  return { path, headers: request.headers, text, left, ...wire.read(text, path) }
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const event = (type: string, value: object = {}): string => `event: ${type}\n${data({ type, ...value })}`
const textOf = (content: Message['content'] = ''): string =>
  typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('')
const lastOf = (messages: Message[]): string => textOf(messages.findLast(({ role }) => role === 'user')?.content)

interface OpenAIBody {
  model: string
  messages: Message[]
  response_format?: { json_schema?: { schema: unknown } }
}

const openai: Wire = {
  read(text) {
    const { model, messages, response_format: format } = JSON.parse(text) as OpenAIBody
    const system = messages.filter(({ role }) => role === 'system' || role === 'developer').map(({ content }) => textOf(content))
    return { model, system: system.join('\n'), prompt: lastOf(messages), schema: format?.json_schema?.schema ?? null }
  },
  opening: () => [],
  piece: ({ model }, content) =>
    data({ id: 'a', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  closing({ model }, usage, cut) {
    const chunk = { id: 'a', object: 'chat.completion.chunk', created: 1, model }
    const end = data({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: cut ? 'length' : 'stop' }] })
    const counts = usage && { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output }
    return [end, ...(counts ? [data({ ...chunk, choices: [], usage: counts })] : []), 'data: [DONE]\n\n']
  },
  failure: (status) => ({ error: { message: `scripted failure ${status}`, type: 'scripted', code: null } }),
}

interface AnthropicBody {
  model: string
  system?: Message['content']
  messages: Message[]
  tools?: { name: string; input_schema: unknown }[]
  output_config?: { format?: { schema?: unknown } }
}

/** Older models get the schema as the one tool that they must call; then the answer is that call's input. */
const isToolCall = ({ text }: Asked): boolean => ((JSON.parse(text) as AnthropicBody).tools ?? []).length > 0

const anthropic: Wire = {
  read(text) {
    const { model, system, messages, tools, output_config: config } = JSON.parse(text) as AnthropicBody
    return { model, system: textOf(system), prompt: lastOf(messages), schema: config?.format?.schema ?? tools?.[0]?.input_schema ?? null }
  },
  opening(asked) {
    const { model, text } = asked
    const usage = { input_tokens: Math.ceil(text.length / 4), output_tokens: 0 }
    const message = { id: 'a', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage }
    const block = isToolCall(asked) ? { type: 'tool_use', id: 't', name: 'json', input: {} } : { type: 'text', text: '' }
    return [event('message_start', { message }), event('content_block_start', { index: 0, content_block: block })]
  },
  piece(asked, text) {
    const delta = isToolCall(asked) ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text }
    return event('content_block_delta', { index: 0, delta })
  },
  closing(asked, usage, cut) {
    const delta = { stop_reason: cut ? 'max_tokens' : isToolCall(asked) ? 'tool_use' : 'end_turn', stop_sequence: null }
    const counts = { input_tokens: usage?.input ?? 0, output_tokens: usage?.output ?? 0 }
    return [event('content_block_stop', { index: 0 }), event('message_delta', { delta, usage: counts }), event('message_stop')]
  },
  failure: (status) => ({ type: 'error', error: { type: status === 429 ? 'rate_limit_error' : 'scripted', message: `scripted failure ${status}` } }),
}

interface GoogleBody {
  contents: { role: string; parts: { text?: string }[] }[]
  systemInstruction?: { parts: { text?: string }[] }
  generationConfig?: { responseSchema?: unknown; responseJsonSchema?: unknown }
}

const google: Wire = {
  read(text, path) {
    const { contents, systemInstruction, generationConfig: config } = JSON.parse(text) as GoogleBody
    const model = path.match(/models\/([^/:]+):/)?.[1] ?? ''
    const prompt = textOf(contents.findLast(({ role }) => role === 'user')?.parts)
    return { model, system: textOf(systemInstruction?.parts), prompt, schema: config?.responseSchema ?? config?.responseJsonSchema ?? null }
  },
  opening: () => [],
  piece: (_, text) => data({ candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }] }),
  closing(_, usage, cut) {
    const usageMetadata = usage && { promptTokenCount: usage.input, candidatesTokenCount: usage.output, totalTokenCount: usage.input + usage.output }
    const end = { candidates: [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: cut ? 'MAX_TOKENS' : 'STOP', index: 0 }] }
    return [data({ ...end, ...(usageMetadata && { usageMetadata }) })]
  },
  failure: (status) => ({ error: { code: status, message: `scripted failure ${status}`, status: 'SCRIPTED' } }),
}
