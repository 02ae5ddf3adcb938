// What a visitor downloads before the page answers: the HTML, and every script and style sheet that it names; and what
// the workers download that start with the page.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export const FIRST_LOAD_LIMIT_BYTES = 250_000
export const WORKERS_LIMIT_BYTES = 270_000

/** The lab, what trains, and the box: before a lab is opened, or Start is pressed. */
const WORKERS = ['lab', 'trainer', '_box_worker']

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
  return weigh(dist, new Set(names))
}

/**
 * Gzipped bytes of the scripts that start the page's workers, and of whatever these import at their beginning.
 * (The packer puts static imports first; an import() further down is loaded later.)
 * @param {string} dist folder of the built page
 * @returns {{ name: string, gzipBytes: number }[]}
 */
export function workersLoad(dist) {
  const built = readdirSync(join(dist, 'assets'))
  const names = new Set()
  const add = (name) => {
    if (names.has(name)) return
    names.add(name)
    for (const imported of staticImports(readFileSync(join(dist, name), 'utf8'))) add(`assets/${imported}`)
  }
  for (const worker of WORKERS) {
    const scripts = built.filter((name) => new RegExp(`^${worker}-[\\w-]{8}\\.js$`).test(name))
    if (scripts.length !== 1) throw new Error(`${scripts.length} scripts of the worker "${worker}" in ${dist}`)
    add(`assets/${scripts[0]}`)
  }
  return weigh(dist, names)
}

/** The files beside a packed module that it imports before anything else. */
function staticImports(code) {
  const names = []
  const statement = /\s*import(?:[\w$*{},\s]*from)?\s*["']\.\/([^"']+)["'];?/y
  for (let found = statement.exec(code); found; found = statement.exec(code)) names.push(found[1])
  return names
}

const weigh = (dist, names) => [...names].map((name) => ({ name, gzipBytes: gzipSync(readFileSync(join(dist, name))).length }))
