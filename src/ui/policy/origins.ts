// The addresses beyond its own that a person has let this page reach. Kept in this browser, put into the policy by the
// page's first script (policy.js), so in force from the next load on.

import { LabError } from '../../core/errors'

export interface AllowedOrigin {
  /** scheme, host and port; "*." before the host means any host below it */
  origin: string
  /** what for, in words that go on after “to” */
  why: string
}

const KEY = 'assay.origins'
const LIMIT = 100
const SCHEMES = ['https:', 'http:', 'wss:', 'ws:']
/** What a policy can name: no IPv6 address. As in policy.js, which judges again. */
const HOST = /^(\*\.[a-z0-9-]+\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/

/** Where hosts are known to send on: the policy judges every step of a redirect. */
const SENDS_ON: Record<string, string[]> = {
  'https://huggingface.co': ['https://*.hf.co'],
  'https://github.com': ['https://raw.githubusercontent.com'],
}

/** What fetching from an address needs allowed; nothing when it is no address. */
export function originsOf(address: string): string[] {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !SCHEMES.includes(url.protocol)) return []
  return [url.origin, ...(SENDS_ON[url.origin] ?? [])]
}

/** What is kept: in force since the last load, or from the next on. Oldest first. */
export function allowedOrigins(): AllowedOrigin[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isAllowedOrigin) : []
  } catch {
    return [] // storage is off, or somebody else wrote there: then nothing is allowed
  }
}

/**
 * Keeps an address as allowed; it is so after the next load of the page. Use `reach` (src/ui/state/reach.ts), which
 * also tells the person, keeps what is typed and reloads.
 * @throws LabError lab.state when a policy cannot name it, the list is full or the browser stores nothing
 */
export function allowOrigin(origin: string, why: string): void {
  const [scheme, host = ''] = origin.split('//')
  if (!SCHEMES.includes(scheme) || !HOST.test(host)) {
    const hint = 'Give a host by its name or by an IPv4 address, with its port if it has an own one.'
    throw new LabError('lab.state', `${origin} cannot be allowed as an address.`, { hint })
  }
  const others = allowedOrigins().filter((kept) => kept.origin !== origin)
  if (others.length >= LIMIT) {
    throw new LabError('lab.state', 'So many addresses are allowed already that there is no room for another.', {
      hint: 'Take some back under Advanced.',
    })
  }
  store([...others, { origin, why }])
}

/** Takes an address back; it can still be reached until the page is loaded again. */
export function forgetOrigin(origin: string): void {
  store(allowedOrigins().filter((kept) => kept.origin !== origin))
}

function store(origins: AllowedOrigin[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(origins))
  } catch (cause) {
    const hint = 'Allow this page to store data (private windows may not), or use a file instead of an address.'
    throw new LabError('lab.state', 'This browser keeps nothing for this page, so no address can be allowed.', { hint, cause })
  }
}

function isAllowedOrigin(value: unknown): value is AllowedOrigin {
  const { origin, why } = (value ?? {}) as Partial<AllowedOrigin>
  return typeof origin === 'string' && typeof why === 'string'
}
