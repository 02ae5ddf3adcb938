// The layer rules of .oxlintrc.json, tried on every pair of folders: a probe in each folder imports a value and
// a type from each other folder, and the linter must flag exactly the forbidden ones.

import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ORDER = ['core', 'graph', 'reference', 'engine', 'data', 'judge', 'sandbox']
  .concat(['history', 'research', 'wallet', 'bounty', 'worker', 'ui', 'cli'])
/** these never meet, not even as types */
const PURE = ['graph', 'reference', 'engine', 'judge']
const OUTSIDE = ['history', 'wallet', 'bounty', 'ui']

function mayImport(from, to, kind, isTest) {
  if (PURE.includes(from) && OUTSIDE.includes(to)) return false
  if (kind === 'type') return true
  if (from === 'ui') return to === 'core' || to === 'worker'
  if (from === 'cli') return to !== 'ui'
  if (from === 'engine' && to === 'reference') return isTest
  return ORDER.indexOf(to) < ORDER.indexOf(from)
}

/** one a line of every probe */
const KINDS = {
  value: (path) => `import * as target from '${path}'`,
  late: (path) => `export const later = () => import('${path}')`,
  again: (path) => `export { thing } from '${path}'`,
  type: (path) => `import type { Thing } from '${path}'`,
}
const USE = '\nexport type Copy = Thing\nexport const copy = target\n'

/** what the linter said: `file:line` */
const flagged = new Set()
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-layers-'))
  await copyFile('.oxlintrc.json', join(folder, '.oxlintrc.json'))
  for (const from of ORDER) {
    const own = join(folder, 'src', from)
    await mkdir(join(own, 'inner'), { recursive: true })
    await writeFile(join(own, 'target.ts'), 'export const thing = 1\nexport type Thing = number\n')
    for (const to of ORDER.filter((name) => name !== from)) {
      const probe = (path) => Object.values(KINDS).map((line) => line(path)).join('\n') + USE
      await writeFile(join(own, `${to}.ts`), probe(`../${to}/target`))
      await writeFile(join(own, 'inner', `${to}.test.ts`), probe(`../../${to}/target`))
    }
  }
  const oxlint = resolve('node_modules/.bin/oxlint')
  // exit code 1 is what violations give: the report is on stdout either way
  const report = await new Promise((done) => {
    execFile(oxlint, ['-f', 'json'], { cwd: folder, maxBuffer: 1 << 26 }, (_, stdout) => done(stdout))
  })
  for (const { code, filename, labels } of JSON.parse(report).diagnostics) {
    if (code.includes('no-restricted-imports')) flagged.add(`${filename}:${labels[0].span.line}`)
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(ORDER)('%s imports only what the layers allow', (from) => {
  const wrong = [] // each says what it should have been
  for (const to of ORDER.filter((name) => name !== from)) {
    for (const file of [`src/${from}/${to}.ts`, `src/${from}/inner/${to}.test.ts`]) {
      Object.keys(KINDS).forEach((kind, i) => {
        const allowed = mayImport(from, to, kind, file.endsWith('.test.ts'))
        const where = `${file}:${i + 1}`
        if (allowed === flagged.has(where)) wrong.push(`${where} (${kind}) ${allowed ? 'allowed' : 'forbidden'}`)
      })
    }
  }
  expect(wrong).toEqual([])
})

test('violations are found at all', () => {
  expect(flagged.size).toBeGreaterThan(100)
})
