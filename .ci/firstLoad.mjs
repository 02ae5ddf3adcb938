// What a visitor downloads before the page answers: the HTML, and every script and style sheet that it names.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export const FIRST_LOAD_LIMIT_BYTES = 250_000

/**
 * Gzipped bytes of index.html and of the scripts, module preloads and style sheets it links.
 * (Vite names every statically imported chunk as a preload, so nothing eager hides behind a script.)
 * @param {string} dist folder of the built page
 * @returns {{ name: string, gzipBytes: number }[]}
 */
export function firstLoad(dist) {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const names = ['index.html']
  for (const [tag, kind] of html.matchAll(/<(script|link)\b[^>]*>/g)) {
    const attribute = (name) => tag.match(new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`))?.[1]
    const eager = kind === 'script' || /^(stylesheet|modulepreload|preload)$/.test(attribute('rel') ?? '')
    const url = attribute(kind === 'script' ? 'src' : 'href')
    if (!eager || !url) continue
    if (/^([a-z]+:)?\/\//.test(url)) throw new Error(`index.html loads ${url}: the page must need no other host`)
    if (url.startsWith('/')) throw new Error(`index.html loads ${url}: only relative URLs work from a sub-path`)
    names.push(url.replace(/^\.\//, '').replace(/[?#].*$/, ''))
  }
  return [...new Set(names)].map((name) => ({ name, gzipBytes: gzipSync(readFileSync(join(dist, name))).length }))
}
