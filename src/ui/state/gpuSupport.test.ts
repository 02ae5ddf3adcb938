import { describe, expect, it } from 'vitest'
import { explain, readAgent } from './gpuSupport'

const AGENTS = {
  chromeLinux: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
  firefoxLinux: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  firefoxWindows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0',
  safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
  iphone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
}

describe('advice where WebGPU is missing', () => {
  it('recognises browser, version and system', () => {
    expect(readAgent(AGENTS.chromeLinux)).toEqual({ browser: 'Chrome', version: 140, system: 'Linux' })
    expect(readAgent(AGENTS.edge)).toEqual({ browser: 'Edge', version: 140, system: 'Windows' })
    expect(readAgent(AGENTS.firefoxLinux)).toEqual({ browser: 'Firefox', version: 140, system: 'Linux' })
    expect(readAgent(AGENTS.safari)).toEqual({ browser: 'Safari', version: 17, system: 'macOS' })
    expect(readAgent(AGENTS.iphone).system).toBe('iOS')
    expect(readAgent('something else').browser).toBe('browser')
  })

  it('names the flags on Linux and the version on Safari and Firefox', () => {
    const steps = (agent: string) => explain('missing', readAgent(agent)).steps.join('\n')
    expect(steps(AGENTS.chromeLinux)).toContain('enable-unsafe-webgpu')
    expect(steps(AGENTS.safari)).toContain('Safari 26')
    expect(steps(AGENTS.firefoxWindows)).toContain('141')
    expect(steps(AGENTS.firefoxLinux)).toContain('Nightly')
    expect(steps(AGENTS.iphone)).toContain('26')
  })

  it('does not send a new browser to update itself', () => {
    expect(explain('noAdapter', readAgent(AGENTS.edge)).steps.join('\n')).not.toContain('Update Edge')
  })

  it('tells an insecure page to move, whatever the browser', () => {
    for (const agent of Object.values(AGENTS)) {
      expect(explain('insecure', readAgent(agent)).steps[0]).toContain('https://')
    }
  })
})
