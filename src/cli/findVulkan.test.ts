import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findVulkan, NO_VULKAN } from './findVulkan.mjs'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-vulkan-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function place(...files: string[]): void {
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true })
    writeFileSync(join(root, file), '')
  }
}

const nowhere: { libraries: string[]; drivers: string[]; browsers: string[] } = { libraries: [], drivers: [], browsers: [] }
const find = (env: Record<string, string>, places = nowhere) =>
  findVulkan({ PATH: '', PLAYWRIGHT_BROWSERS_PATH: join(root, 'none'), ...env }, 'linux', places)

describe('findVulkan', () => {
  it('sets nothing where Dawn needs no Vulkan', () => {
    expect(findVulkan({}, 'darwin')).toEqual({ kind: 'native', env: {}, folder: null })
  })

  it('leaves an installed driver and loader alone', () => {
    place('share/vulkan/icd.d/gpu_icd.json', 'lib/libvulkan.so.1', 'b/vk_swiftshader_icd.json', 'b/libvulkan.so.1')
    const places = { libraries: [join(root, 'lib')], drivers: [join(root, 'share')], browsers: [join(root, 'b')] }
    expect(find({}, places)).toEqual({ kind: 'system', env: {}, folder: null })
    const env = { XDG_DATA_DIRS: join(root, 'share'), LD_LIBRARY_PATH: join(root, 'lib') }
    expect(find(env)).toEqual({ kind: 'system', env: {}, folder: null })
  })

  it("adds a browser's loader to a driver that has none, and keeps that driver", () => {
    place('b/vk_swiftshader_icd.json', 'b/libvulkan.so.1')
    const env = { VK_ICD_FILENAMES: '/mine.json', LD_LIBRARY_PATH: '/a:/b' }
    const found = find(env, { ...nowhere, browsers: [join(root, 'b')] })
    expect(found.env).toEqual({ LD_LIBRARY_PATH: `${join(root, 'b')}:/a:/b` })
  })

  it('finds the software driver of a browser, through a link on the path or in the download cache', () => {
    const browser = ['vk_swiftshader_icd.json', 'libvulkan.so.1', 'chrome']
    place(...browser.map((name) => `opt/browser/${name}`), ...browser.map((name) => `cache/chromium-1/linux/${name}`))
    mkdirSync(join(root, 'bin'))
    symlinkSync(join(root, 'opt/browser/chrome'), join(root, 'bin/chromium'))
    const expected = (folder: string) => ({
      kind: 'chromium',
      folder: join(root, folder),
      env: { LD_LIBRARY_PATH: join(root, folder), VK_ICD_FILENAMES: join(root, folder, 'vk_swiftshader_icd.json') },
    })
    expect(find({ PATH: `/nothing:${join(root, 'bin')}` })).toEqual(expected('opt/browser'))
    expect(find({ PLAYWRIGHT_BROWSERS_PATH: join(root, 'cache') })).toEqual(expected('cache/chromium-1/linux'))
  })

  it('says when there is nothing', () => {
    place('b/vk_swiftshader_icd.json') // a driver without a loader is of no use
    expect(find({}, { ...nowhere, browsers: [join(root, 'b')] }).kind).toBe('none')
    expect(NO_VULKAN).toContain('apt-get install chromium')
  })
})
