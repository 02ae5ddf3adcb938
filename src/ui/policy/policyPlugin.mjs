// Vite plugin: the built page's Content Security Policy. What it may reach is known only in the browser, so the policy
// is written there by the page's first script (policy.js); a short one in the HTML holds until then, and if that
// script were missing. Not in dev: Vite's refresh is an inline script.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * Code is our own files only: no text from data, model or repository can ever become code. Workers are made of text, to
 * be under their creator's policy (data: is for the box's in Safari, see frame.js).
 */
const code = (inline) => `script-src 'self' 'wasm-unsafe-eval' ${inline}; worker-src blob: data:; base-uri 'none'`

/** Until the first script has run. */
const guard = (inline) => `${code(inline)}; object-src 'none'`

/** All but style-src and connect-src, which the first script adds. */
const rules = (inline) =>
  [
    "default-src 'none'",
    code(inline),
    "frame-src 'none'", // the box's frame is made of text and needs no address
    "img-src 'self'",
    "manifest-src 'self'",
    "form-action 'none'",
  ].join('; ')

/**
 * @param {string} inline the source expression of the one inline script, the box's frame's
 * @returns {import('vite').Plugin}
 */
export function pagePolicy(inline) {
  const source = readFileSync(new URL('./policy.js', import.meta.url), 'utf8').replace("'__RULES__'", JSON.stringify(rules(inline)))
  const fileName = `assets/policy-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.js`
  return {
    name: 'page-policy',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source })
    },
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: guard(inline) }, injectTo: 'head-prepend' },
      { tag: 'script', attrs: { src: `./${fileName}` }, injectTo: 'head-prepend' },
    ],
  }
}
