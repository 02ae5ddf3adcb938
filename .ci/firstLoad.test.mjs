import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { firstLoad, workersLoad } from './firstLoad.mjs'

const dist = mkdtempSync(join(tmpdir(), 'assay-dist-'))
afterEach(() => rmSync(dist, { recursive: true, force: true }))

function page(html) {
  mkdirSync(join(dist, 'assets'), { recursive: true })
  for (const name of ['a.js', 'b.js', 'c.css', 'later.js']) {
    writeFileSync(join(dist, 'assets', name), Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i * 7919) >> 3)))
  }
  writeFileSync(join(dist, 'icon.svg'), '<svg/>')
  writeFileSync(join(dist, 'index.html'), html)
}

test('counts scripts, preloads and styles once each, and neither icons nor what is loaded later', () => {
  page(`<script type="module" crossorigin src="./assets/a.js"></script>
    <link rel="modulepreload" crossorigin href="./assets/b.js">
    <link rel="modulepreload" crossorigin href="./assets/b.js">
    <link rel="stylesheet" crossorigin href="./assets/c.css">
    <link rel="icon" href="./icon.svg"><script>1</script>`)
  const files = firstLoad(dist)
  expect(files.map((file) => file.name)).toEqual(['index.html', 'assets/a.js', 'assets/b.js', 'assets/c.css'])
  expect(files[1].gzipBytes).toBeGreaterThan(50)
})

test('refuses what would not work from a sub-path, or without another host', () => {
  page('<script src="/assets/a.js"></script>')
  expect(() => firstLoad(dist)).toThrow('sub-path')
  page('<link href="https://cdn.example/x.css" rel="stylesheet">')
  expect(() => firstLoad(dist)).toThrow('no other host')
})

test('counts each worker that starts with the page and what it imports at once, and nothing that it imports later', () => {
  page('')
  const write = (name, code) => writeFileSync(join(dist, 'assets', name), code)
  write('lab-AbC-_123.js', 'import{t as e}from"./errors-12345678.js";import"./common-12345678.js";e();import("./git-12345678.js")')
  write('labDataWorker-12345678.js', '')
  write('trainer-12345678.js', 'import * as e from "./errors-12345678.js"\nconst text = `import"./none.js"`')
  write('errors-12345678.js', 'export let t=1')
  write('common-12345678.js', 'import"./errors-12345678.js"')
  write('git-12345678.js', '')
  expect(() => workersLoad(dist)).toThrow('0 scripts of the worker "_box_worker"')
  write('_box_worker-12345678.js', 'export default "box"')
  expect(workersLoad(dist).map(({ name }) => name)).toEqual([
    'assets/lab-AbC-_123.js',
    'assets/errors-12345678.js',
    'assets/common-12345678.js',
    'assets/trainer-12345678.js',
    'assets/_box_worker-12345678.js',
  ])
})
