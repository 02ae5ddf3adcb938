// Builds a bare page of a test's own and serves it as `npm start` serves the real one: its policy is the page's own.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { openHost, type Host } from './hosting'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Takes seconds. @param folder of its index.html, beside this file */
export async function openBarePage(folder: string): Promise<Host> {
  const outDir = await mkdtemp(join(tmpdir(), `assay-${folder}-`))
  await build({
    configFile: here('../vite.config.ts'),
    root: here(folder),
    publicDir: here('../public'),
    logLevel: 'error',
    build: { outDir },
  })
  const host = await openHost('credentialless', pathToFileURL(`${outDir}/`))
  return {
    page: host.page,
    close() {
      host.close()
      void rm(outDir, { recursive: true })
    },
  }
}
