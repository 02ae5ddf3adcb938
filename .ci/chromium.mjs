// Finds the Chromium that the journeys drive, and that carries SwiftShader for kernels where there is no GPU.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** where each system installs a browser that is not on the PATH */
const PLACES = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) =>
    join(process.env[name] ?? '', 'Google', 'Chrome', 'Application', 'chrome.exe'),
  ),
}
/** inside a folder of Playwright's cache, old and new names */
const DOWNLOADED = [
  'chrome-linux64/chrome',
  'chrome-linux/chrome',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-win64/chrome.exe',
  'chrome-win/chrome.exe',
]

/** What a person is told when there is none and none can be installed. */
export const NO_CHROMIUM =
  'No Chromium was found: install one (Debian or Ubuntu: `sudo apt-get install chromium`; anywhere: ' +
  '`npx playwright install chromium`), or set CHROMIUM_PATH to the program of one.'

/**
 * The path of a Chromium that starts: CHROMIUM_PATH, then the system's, then the newest in Playwright's cache.
 * @param {Record<string, string | undefined>} env
 * @returns {string | null}
 */
export function findChromium(env = process.env) {
  if (env.CHROMIUM_PATH) return existsSync(env.CHROMIUM_PATH) ? env.CHROMIUM_PATH : null
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  const installed = COMMANDS.flatMap((name) => folders.map((folder) => join(folder, name)))
  const places = [...installed, ...(PLACES[process.platform] ?? []), ...downloaded(env)]
  return places.find((path) => existsSync(path) && starts(path)) ?? null
}

/** @param {Record<string, string | undefined>} env */
function downloaded(env) {
  const caches = { darwin: ['Library', 'Caches'], win32: ['AppData', 'Local'] }[process.platform] ?? ['.cache']
  const cache = env.PLAYWRIGHT_BROWSERS_PATH || join(env.HOME || homedir(), ...caches, 'ms-playwright')
  if (!existsSync(cache)) return []
  const revision = (name) => Number(name.split('-')[1])
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((name) => DOWNLOADED.map((program) => join(cache, name, program)))
}

/** Ubuntu ships a `chromium-browser` that only says to install a snap. @param {string} path */
function starts(path) {
  if (process.platform === 'win32') return true // there --version opens a window
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0
}

/**
 * Finds a Chromium, or installs Debian's when run as root there.
 * @returns {string | null}
 */
export function ensureChromium() {
  const found = findChromium()
  if (found || process.env.CHROMIUM_PATH || !existsSync('/etc/debian_version') || process.getuid?.() !== 0) return found
  console.log('No Chromium here: installing the one of Debian.')
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    execFileSync('apt-get', ['update', '-qq'], options)
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
  } catch (error) {
    console.log(`apt-get failed: ${error.message}`)
  }
  return findChromium()
}
