// What the policy that the page's first script wrote (policy.js) says. In dev there is none, and nothing is refused.

const policy = (): string | null => document.querySelector<HTMLMetaElement>('meta#policy')?.content ?? null

/** Whether the built page's first script did not run: then nothing bounds what the page may reach, and it must not start. */
export function isPolicyMissing(): boolean {
  return import.meta.env.PROD && policy() === null
}

/** The number that a style sheet made in this page has to carry. */
export function styleNonce(): string {
  return /'nonce-([^']+)'/.exec(policy() ?? '')?.[1] ?? ''
}

/**
 * Whether this page and its workers may fetch from an address (or open a WebSocket to it) as long as they live.
 * Another one takes `reach` (src/ui/state/reach.ts).
 */
export function mayReach(address: string): boolean {
  const rules = policy()
  if (rules === null || !URL.canParse(address)) return true
  const allowed = /connect-src ([^;]*)/.exec(rules)?.[1].split(' ') ?? []
  return allowed.some((source) => covers(source === "'self'" ? location.origin : source, new URL(address)))
}

/** Whether a source of the policy (an origin, perhaps with "*." for any host below) covers an address or such a source. */
export function covers(source: string, { protocol, host }: URL): boolean {
  const [scheme, pattern] = source.split('//')
  if (scheme !== protocol) return false
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}
