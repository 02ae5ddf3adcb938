// A page under its own policy must never be caught breaking it: what the browser blocks was either a mistake of ours or
// somebody's attempt.

import type { Page } from '@playwright/test'

/** Collects every violation of the policy by the page, its frames and its workers, over reloads too. */
export async function watchViolations(page: Page): Promise<string[]> {
  const violations: string[] = []
  page.on('console', (message) => {
    // workers have no event that every browser sends, but say it on the console
    if (message.text().includes('Content Security Policy')) violations.push(message.text())
  })
  await page.exposeFunction('tellViolation', (text: string) => void violations.push(text))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile }) => {
      const { tellViolation } = globalThis as unknown as { tellViolation?: (text: string) => void }
      tellViolation?.(`${effectiveDirective} ${blockedURI} ${sourceFile}`)
    })
  })
  return violations
}
