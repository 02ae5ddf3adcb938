// L402: a server answers 402 with a token and an invoice; whoever pays holds the preimage, and token and preimage together
// are what it serves for. To a client a token is opaque.

/** What a server wants to be paid. */
export interface Challenge {
  scheme: 'L402' | 'LSAT'
  token: string
  /** BOLT 11, not read yet */
  invoice: string
}

const MOST_HEADER_CHARS = 16_000

/** The first challenge of a WWW-Authenticate header that can be paid, or null. */
export function parseChallenge(header: string | null): Challenge | null {
  if (header === null || header.length > MOST_HEADER_CHARS) return null
  for (const scheme of ['L402', 'LSAT'] as const) {
    const start = new RegExp(`(?:^|[,\\s])${scheme}\\s+`, 'i').exec(header)
    if (!start) continue
    const rest = header.slice(start.index + start[0].length)
    const value = (name: string) => new RegExp(`(?:^|[,\\s])${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,"]+))`, 'i').exec(rest)?.slice(1).find((found) => found !== undefined)
    const [token, invoice] = [value('macaroon') ?? value('token'), value('invoice')]
    if (token && invoice && isToken(token)) return { scheme, token, invoice }
  }
  return null
}

/** What a server sends with a 402. @param token of isToken's letters */
export function challengeHeader({ token, invoice }: Pick<Challenge, 'token' | 'invoice'>): string {
  return `L402 macaroon="${token}", invoice="${invoice}"`
}

/** What a client sends once it has paid. */
export function authorization({ scheme, token }: Pick<Challenge, 'scheme' | 'token'>, preimage: string): string {
  return `${scheme} ${token}:${preimage}`
}

/** What a client sent, or null. */
export function parseAuthorization(header: string | undefined): { token: string; preimage: string } | null {
  const match = /^(?:L402|LSAT) ([^:\s]+):([0-9a-f]{64})$/i.exec(header ?? '')
  return match && isToken(match[1]) ? { token: match[1], preimage: match[2].toLowerCase() } : null
}

/** Letters that can stand in a header and between quotes. */
const isToken = (text: string): boolean => /^[A-Za-z0-9+/=_.~-]{1,8000}$/.test(text)
