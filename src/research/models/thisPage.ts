// This page, or the page of this worker, as servers of models see it.

import type { Browser } from './offline'

const PROBE_MS = 3000
/** A violation is reported a moment after the request has failed. */
const REPORT_MS = 50

/** Its origin, and what its browser can be asked; null outside a browser. */
export function thisPage(): { origin: string; browser: Browser } | null {
  const browser = thisBrowser()
  return browser && { origin: globalThis.origin, browser }
}

function thisBrowser(): Browser | null {
  if (typeof globalThis.location === 'undefined' || typeof globalThis.addEventListener !== 'function') return null
  const forbidden = new Set<string>()
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    const { blockedURI, effectiveDirective } = event as SecurityPolicyViolationEvent
    if (effectiveDirective === 'connect-src' && URL.canParse(blockedURI)) forbidden.add(new URL(blockedURI).origin)
  })
  return {
    async isForbidden(origin) {
      await new Promise((resolve) => setTimeout(resolve, REPORT_MS))
      return forbidden.has(origin)
    },
    async isLocalDenied() {
      try {
        const { state } = await navigator.permissions.query({ name: 'local-network-access' as PermissionName })
        return state === 'denied'
      } catch {
        return false // a browser that asks for no such permission
      }
    },
    async isAlive(address) {
      try {
        await fetch(`${address}/models`, { mode: 'no-cors', credentials: 'omit', signal: AbortSignal.timeout(PROBE_MS) })
        return true
      } catch {
        return false
      }
    },
  }
}
