// Why this browser has no graphics adapter to train on, said precisely enough to act on.

export type GpuProblem = 'insecure' | 'missing' | 'noAdapter' | 'software'

export interface GpuSupport {
  ok: boolean
  problem: GpuProblem | null
  /** e.g. 'Firefox 140 on Linux' */
  where: string
  what: string
  steps: string[]
}

export interface Visitor {
  browser: 'Chrome' | 'Edge' | 'Firefox' | 'Safari' | 'browser'
  version: number
  system: 'Windows' | 'macOS' | 'Linux' | 'Android' | 'iOS' | 'ChromeOS' | 'this system'
}

/** Reads browser and system from a user-agent string; only used to choose advice, never to decide support. */
export function readAgent(agent: string): Visitor {
  const system: Visitor['system'] = /iPhone|iPad/.test(agent) ? 'iOS'
    : /Android/.test(agent) ? 'Android'
    : /CrOS/.test(agent) ? 'ChromeOS'
    : /Windows/.test(agent) ? 'Windows'
    : /Mac OS X/.test(agent) ? 'macOS'
    : /Linux/.test(agent) ? 'Linux'
    : 'this system'
  const tests: [Visitor['browser'], RegExp][] = [
    ['Edge', /Edg[A-Z]*\/(\d+)/],
    ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
    ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
    ['Safari', /Version\/(\d+)[.\d]* .*Safari/],
  ]
  for (const [browser, pattern] of tests) {
    const found = pattern.exec(agent)
    if (found) return { browser, version: Number(found[1]), system }
  }
  return { browser: 'browser', version: 0, system }
}

const ELSEWHERE = 'Or open this page in a browser that has it: Chrome or Edge 113 and later on Windows, macOS and ' +
  'ChromeOS, Chrome 121 and later on Android 12 and later, Safari 26 and later, Firefox 141 and later on Windows.'

const LINUX_FLAGS = 'On Linux, open chrome://flags, enable “Unsafe WebGPU Support” (#enable-unsafe-webgpu) and ' +
  '“Vulkan” (#enable-vulkan), then relaunch.'

/** The steps for one cause in one browser. */
function adviceFor(problem: GpuProblem, visitor: Visitor): string[] {
  const { browser, system, version } = visitor
  if (problem === 'insecure') {
    return [
      'Open the page over https://, or from http://localhost on your own machine.',
      'A file opened from disk (file://) does not count: serve the folder with any static server.',
    ]
  }
  if (system === 'iOS') {
    return ['Update to iOS or iPadOS 26 or later: every browser there uses the system’s engine, which has WebGPU from 26.']
  }
  if (browser === 'Firefox') {
    const steps = system === 'Windows' || system === 'macOS'
      ? [`Update Firefox: WebGPU is on from version 141 on Windows and from 145 on macOS with Apple silicon (this is ${version}).`]
      : ['Firefox on this system has WebGPU only in Nightly: open about:config there and set dom.webgpu.enabled to true.']
    return [...steps, 'In about:config, check that dom.webgpu.enabled is true and that hardware acceleration is on.', ELSEWHERE]
  }
  if (browser === 'Safari') {
    return ['Update to Safari 26 (macOS 26 or later), where WebGPU is on by default.', ELSEWHERE]
  }
  if (browser === 'Chrome' || browser === 'Edge') {
    const update = version > 0 && version < 113 ? [`Update ${browser}: WebGPU needs version 113 or later (this is ${version}).`] : []
    const linux = system === 'Linux' ? [LINUX_FLAGS] : []
    return [
      ...update,
      ...linux,
      'In the browser’s settings, under System, turn on “Use graphics acceleration when available”, then relaunch.',
      'Open chrome://gpu: the line “WebGPU” says why it is off, often a driver on the block list that an update cures.',
    ]
  }
  return [ELSEWHERE]
}

const WHAT: Record<GpuProblem, string> = {
  insecure: 'This page was not loaded over a secure connection, and browsers give WebGPU, storage and hashing only to secure pages.',
  missing: 'This browser does not offer WebGPU to pages (navigator.gpu is missing).',
  noAdapter: 'The browser knows WebGPU but found no graphics adapter it is willing to use (requestAdapter gave null).',
  software: 'The only graphics adapter here is emulated in software, which is slower than the processor itself.',
}

/** Explains one cause for one visitor. */
export function explain(problem: GpuProblem, visitor: Visitor): GpuSupport {
  const name = visitor.version ? `${visitor.browser} ${visitor.version}` : 'This browser'
  return { ok: false, problem, where: `${name} on ${visitor.system}`, what: WHAT[problem], steps: adviceFor(problem, visitor) }
}

/** Looks whether there is a real graphics adapter. Never rejects. */
export async function checkGpu(): Promise<GpuSupport> {
  const visitor = readAgent(navigator.userAgent)
  if (!isSecureContext) return explain('insecure', visitor)
  if (!('gpu' in navigator) || !navigator.gpu) return explain('missing', visitor)
  const adapter = await navigator.gpu.requestAdapter().catch(() => null)
  if (!adapter) return explain('noAdapter', visitor)
  const { isFallbackAdapter, architecture, description, device } = adapter.info
  const software = isFallbackAdapter || /swiftshader|llvmpipe|basic render|warp/i.test(`${architecture} ${description} ${device}`)
  if (software) return explain('software', visitor)
  return { ok: true, problem: null, where: '', what: '', steps: [] }
}
