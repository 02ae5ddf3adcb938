// One request for a range of a file, and a name for every way in which it can fail.

import { LabError } from '../core/errors'

export type Fetch = typeof globalThis.fetch

/**
 * Asks for bytes `start` … `end − 1` of a file (to its end when `end` is Infinity).
 * The range is always sent: it makes browsers ask for the bytes uncompressed, so that offsets mean what they say. No
 * other header is, since any other would need the server's leave (CORS preflight).
 * @returns a response of status 200 (the server ignored the range), 206, or 416
 * @throws LabError data.fetch, data.cors; the signal's reason when it was aborted
 */
export async function requestRange(
  fetch: Fetch,
  url: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Response> {
  const range = `bytes=${start}-${end === Infinity ? '' : end - 1}`
  let response: Response
  try {
    response = await fetch(url, { headers: { Range: range }, signal, redirect: 'follow' })
  } catch (error) {
    signal?.throwIfAborted()
    throw await diagnose(fetch, url, error)
  }
  if (response.status !== 416 && !response.ok) {
    await response.body?.cancel()
    throw statusError(url, response.status)
  }
  return response
}

/** Parses a person's address; only http and https will do. */
export function checkUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return parsed
  throw new LabError('data.fetch', `“${url}” is not a web address.`, {
    hint: 'Give the full address of the file, beginning with https://.',
    data: { url },
  })
}

function statusError(url: string, status: number): LabError {
  const hint =
    status === 404 || status === 410 ? 'Check the address: the server has no such file.'
    : status === 401 || status === 403
      ? 'The file is not public. Choose one that needs no login, or download it yourself and drop it on the page.'
    : status === 429 ? 'The server asks for a pause. Try again in a few minutes; what has arrived is kept.'
    : 'The server has a problem. Try again later; what has arrived is kept.'
  return new LabError('data.fetch', `The server answered ${status} for ${url}.`, { hint, data: { url, status } })
}

/**
 * Why a fetch failed without an answer. A browser does not tell, on purpose; so it is asked whether it is online, and
 * whether the server answers a request whose answer we may not read.
 */
async function diagnose(fetch: Fetch, url: string, error: unknown): Promise<LabError> {
  const { host } = new URL(url)
  const cause = (error as { cause?: { code?: string } }).cause?.code
  const make = (code: 'data.fetch' | 'data.cors', message: string, hint: string): LabError =>
    new LabError(code, message, { hint, data: { url, cause: cause ?? null }, cause: error })
  if (cause === 'ENOTFOUND' || cause === 'EAI_AGAIN') {
    const hint = 'Check the address and the network.'
    return make('data.fetch', `There is no server named ${host}, or no network.`, hint)
  }
  if (cause) {
    const hint = 'Check the address and the network, then try again.'
    return make('data.fetch', `${host} did not answer (${cause}).`, hint)
  }
  if (typeof navigator !== 'undefined' && navigator.onLine === false) {
    const hint = 'Connect to the network and try again; what has arrived is kept.'
    return make('data.fetch', 'This device is offline.', hint)
  }
  if (url.startsWith('http:') && typeof location !== 'undefined' && location.protocol === 'https:') {
    const hint = 'Use the https address of the file.'
    return make('data.fetch', 'A page opened over https may not read an http address.', hint)
  }
  try {
    await fetch(url, { method: 'HEAD', mode: 'no-cors' })
  } catch {
    // a page reaches only what its policy allows, and every step of a redirect has to be allowed
    const first = await fetch(url, { redirect: 'manual' }).catch(() => null)
    await first?.body?.cancel()
    if (first?.type === 'opaqueredirect') {
      const hint = 'Open the address in a tab of its own, and give the one where it ends.'
      return make('data.fetch', `${host} sends on to another server, which this page was not allowed to reach.`, hint)
    }
    return make('data.fetch', `${host} could not be reached.`,
      'Check the address and the network, and whether an extension or a firewall blocks it.')
  }
  return make('data.cors', `${host} is there, but does not let other pages read its files (no CORS header).`,
    'Download the file yourself and drop it on the page, or use the command line, which has no such rule.')
}
