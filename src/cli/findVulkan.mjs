// Dawn in Node needs a Vulkan loader and a driver. A machine with a GPU has them; elsewhere every Chromium
// carries both (SwiftShader, which emulates a GPU on the CPU). They are found through environment variables
// that must be set before the process starts, so launchers ask here and spawn.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const LOADER = 'libvulkan.so.1'
const SOFTWARE_ICD = 'vk_swiftshader_icd.json'
/** Where Linux systems keep loaders, drivers and browsers; tests look elsewhere. */
const SYSTEM = {
  libraries: ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/usr/local/lib', '/usr/local/lib64',
    '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu'],
  drivers: ['/usr/local/share', '/usr/share', '/etc', '/usr/local/etc'],
  browsers: ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/usr/lib64/chromium-browser',
    '/opt/google/chrome', '/opt/chromium.org/chromium', '/snap/chromium/current/usr/lib/chromium-browser'],
}
const BROWSER_COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** What a person is told when there is neither a driver nor a Chromium. */
export const NO_VULKAN =
  'No Vulkan driver was found. Install one for your GPU, or install Chromium, whose software driver will be used ' +
  '(on Debian or Ubuntu: apt-get install chromium).'

/**
 * Finds what Dawn needs to run here.
 * @param {Record<string, string | undefined>} env the environment that the new process will inherit
 * @param {string} platform as process.platform
 * @param {typeof SYSTEM} places
 * @returns {{ kind: 'native' | 'system' | 'chromium' | 'none', env: Record<string, string>, folder: string | null }}
 *   native: not Linux, nothing to set; system: a driver is installed or named; chromium: `env` names a browser's;
 *   none: nothing was found, and the person should read NO_VULKAN
 */
export function findVulkan(env = process.env, platform = process.platform, places = SYSTEM) {
  if (platform !== 'linux') return { kind: 'native', env: {}, folder: null }
  const libraries = [...split(env.LD_LIBRARY_PATH), ...places.libraries]
  const hasLoader = libraries.some((folder) => existsSync(join(folder, LOADER)))
  const shared = [...split(env.XDG_DATA_DIRS), ...places.drivers].map((folder) => join(folder, 'vulkan', 'icd.d'))
  const hasDriver = Boolean(env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) || shared.some(holdsDriver)
  if (hasLoader && hasDriver) return { kind: 'system', env: {}, folder: null }

  const browsers = [...places.browsers, ...browserFolders(env)]
  const folder = browsers.find((each) => existsSync(join(each, SOFTWARE_ICD)) && existsSync(join(each, LOADER)))
  if (!folder) return { kind: 'none', env: {}, folder: null }
  return {
    kind: 'chromium',
    folder,
    env: {
      LD_LIBRARY_PATH: [folder, ...split(env.LD_LIBRARY_PATH)].join(delimiter),
      ...(hasDriver ? {} : { VK_ICD_FILENAMES: join(folder, SOFTWARE_ICD) }),
    },
  }
}

/** @param {string} folder */
function holdsDriver(folder) {
  return list(folder).some((name) => name.endsWith('.json'))
}

/** @param {Record<string, string | undefined>} env */
function browserFolders(env) {
  const onPath = BROWSER_COMMANDS.flatMap((name) => split(env.PATH).map((folder) => join(folder, name)))
    .filter((path) => existsSync(path))
    .map((path) => dirname(realpathSync(path)))
  const cache = env.PLAYWRIGHT_BROWSERS_PATH || join(env.HOME || homedir(), '.cache', 'ms-playwright')
  const downloaded = list(cache)
    .filter((name) => name.startsWith('chromium'))
    .flatMap((name) => list(join(cache, name)).map((inner) => join(cache, name, inner)))
  return [...onPath, ...downloaded]
}

/** @param {string | undefined} paths */
function split(paths) {
  return (paths ?? '').split(delimiter).filter(Boolean)
}

/** @param {string} folder */
function list(folder) {
  return existsSync(folder) ? readdirSync(folder) : []
}
