// Vite plugin: `import('box:frame')` is the hidden frame's document, `import('box:worker')` the box's worker, QuickJS
// included, as the text of one classic script.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))

/** As a browser reads it, and hashes it: with plain line ends. */
const frameScript = () => readFileSync(join(HERE, 'frame.js'), 'utf8').replaceAll('\r\n', '\n')

/** The one inline script that the page's policy must allow: a frame made of text is under its page's policy, too. */
export function frameScriptSource() {
  return `'sha256-${createHash('sha256').update(frameScript()).digest('base64')}'`
}

/** The frame's document: its own policy, then its only script. */
function frameDocument() {
  const policy = `default-src 'none'; script-src ${frameScriptSource()} 'wasm-unsafe-eval'; worker-src blob: data:`
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`
  return `<!doctype html>${meta}<script>${frameScript()}</script>`
}

/** @returns {Promise<string>} */
async function workerScript() {
  const { build } = await import('vite')
  const result = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    root: HERE,
    build: {
      write: false,
      target: 'es2022',
      rollupOptions: {
        input: join(HERE, 'boxWorker.ts'),
        output: { format: 'iife', codeSplitting: false },
      },
    },
  })
  const [{ output }] = /** @type {import('vite').Rollup.RollupOutput[]} */ ([result].flat())
  const scripts = output.flatMap((part) => (part.type === 'chunk' ? [part.code] : []))
  if (scripts.length !== 1) throw new Error('the box must be one script')
  return scripts[0]
}

/** @returns {import('vite').Plugin} */
export function boxFrame() {
  return {
    name: 'box-frame',
    resolveId: (id) => (id === 'box:frame' || id === 'box:worker' ? `\0${id}` : null),
    async load(id) {
      if (id === '\0box:frame') return `export default ${JSON.stringify(frameDocument())}`
      if (id === '\0box:worker') return `export default ${JSON.stringify(await workerScript())}`
      return null
    },
  }
}
