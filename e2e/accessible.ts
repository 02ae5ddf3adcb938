// What every screen must pass: axe without a violation, nothing wider than the screen, and on a phone nothing to press
// that is smaller than a finger.

import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const PHONE_WIDTH = 720
const FINGER_PX = 44
const PRESSED = 'button, a[href], select, summary, label.choice-option, input:not([type=radio], [type=checkbox], [type=file])'

/** Fails with the rule, the element and axe's advice for each violation, on sideways scrolling and on small targets. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')}\n${node.failureSummary}`),
  )
  expect(found.join('\n\n')).toBe('')
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(overflow, 'pixels that the page is wider than the screen').toBeLessThanOrEqual(0)
  if (page.viewportSize()!.width <= PHONE_WIDTH) expect(await smallTargets(page), 'too small for a finger').toEqual([])
}

/** What can be pressed and is lower or narrower than a finger; links within a sentence and the editor's own parts apart. */
function smallTargets(page: Page): Promise<string[]> {
  return page.locator(PRESSED).evaluateAll((elements, least) => elements.flatMap((element) => {
    const { width, height } = element.getBoundingClientRect()
    const isShown = element.checkVisibility() && !element.closest('.visually-hidden, .skip, .cm-editor')
    if (!isShown || element.matches('p a') && !element.matches('.more a')) return []
    // a pixel is divided where the page is scaled
    return Math.min(width, height) > least - 0.5 ? [] : [`${element.outerHTML.slice(0, 120)}: ${width} × ${height}`]
  }), FINGER_PX)
}
