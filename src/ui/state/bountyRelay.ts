// A relay that waits for the page to be allowed to reach it: the page reloads itself in between.

const KEY = 'assay.relay'

/** wss, or ws on this machine: what a relay can be reached by. */
export function isRelayAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'wss:' || (protocol === 'ws:' && /^(localhost|127\.0\.0\.1)$/.test(hostname))
}

export function keepRelay(url: string): void {
  sessionStorage.setItem(KEY, url)
}

export function keptRelay(): string | null {
  try {
    return sessionStorage.getItem(KEY)
  } catch {
    return null // storage is off: nothing was kept either
  }
}

export function forgetRelay(): void {
  sessionStorage.removeItem(KEY)
}
