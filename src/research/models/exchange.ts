// One exchange over HTTP, bounded: what the providers' own clients get as their fetch. It says in one way what went
// wrong, whoever was asked, and lets nothing through that a key or a page could be stolen by.

/** Why there was no whole answer, before it is put into words for a person. */
export type FailureKind =
  /** no connection, or it broke; in a page also whatever the browser forbids */
  | 'network'
  /** the server said no, or that it cannot now: `status` */
  | 'status'
  /** nothing came for too long */
  | 'silence'
  /** something came, but not the end of it in time */
  | 'slow'
  | 'size'
  /** an answer in no form that is known */
  | 'garbage'
  /** it would not answer such a question */
  | 'declined'

export class Failure extends Error {
  readonly kind: FailureKind
  readonly status: number | null
  /** how long the server asks to be left alone */
  readonly retryAfterMs: number | null

  constructor(kind: FailureKind, message: string, status: number | null = null, retryAfterMs: number | null = null) {
    super(message)
    this.name = 'Failure'
    this.kind = kind
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

export type Fetch = typeof globalThis.fetch

/** An error's body is for one sentence. */
const ERROR_BYTES = 16_384

/**
 * A fetch that throws a Failure for anything but a good answer, and ends one that grows past `maxBytes`.
 * @param base the real one
 * @param onBytes told whenever the server shows that it is alive
 */
export function boundedFetch(base: Fetch, maxBytes: number, onBytes: () => void): Fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    // of no use to the provider; in a page it would only be one more header to be allowed
    headers.delete('user-agent')
    const signal = init?.signal
    const response = await base(input, {
      ...init,
      headers,
      // a redirect would carry the key along
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    }).catch((thrown: unknown) => {
      signal?.throwIfAborted()
      throw new Failure('network', messageOf(thrown))
    })
    if (!response.ok) {
      const said = await readText(response, ERROR_BYTES, signal)
      throw new Failure('status', said, response.status, retryAfterMs(response.headers))
    }
    if (!response.body) throw new Failure('garbage', 'an empty answer')
    const { status, statusText } = response
    return new Response(bounded(response.body, maxBytes, onBytes, signal), { status, statusText, headers: response.headers })
  }
}

type Signal = AbortSignal | null | undefined

function bounded(body: ReadableStream<Uint8Array>, maxBytes: number, onBytes: () => void, signal: Signal): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((thrown: unknown) => {
        signal?.throwIfAborted()
        throw new Failure('network', messageOf(thrown))
      })
      if (done) return controller.close()
      onBytes()
      bytes += value.byteLength
      if (bytes > maxBytes) {
        void reader.cancel().catch(() => undefined) // the connection is given up either way
        throw new Failure('size', `more than ${maxBytes} bytes`)
      }
      controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** The beginning of a body as text; empty where it cannot be read. */
async function readText(response: Response, maxBytes: number, signal: Signal): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < maxBytes) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    signal?.throwIfAborted() // else the status says enough
  }
  void reader.cancel().catch(() => undefined) // whatever is left is not wanted
  return text.slice(0, maxBytes)
}

/** Seconds or a date, as RFC 9110 has it; or milliseconds, as OpenAI does. */
function retryAfterMs(headers: Headers): number | null {
  const ms = Number(headers.get('retry-after-ms') ?? NaN)
  if (ms >= 0) return ms
  const text = headers.get('retry-after')
  if (text === null) return null
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 0) return seconds * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const { cause } = thrown
  // Node hides what happened one level down: connect ECONNREFUSED 127.0.0.1:11434
  return cause instanceof Error && cause.message ? cause.message : thrown.message
}
