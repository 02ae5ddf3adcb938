// Node 20 has no Web Locks: the queue below follows the specification as far as this code uses it.

import { describe, expect, it, vi } from 'vitest'
import { claimLead } from './leader'
import { askToPersist } from './persist'

function lockQueue(): LockManager {
  const queue: (() => void)[] = []
  let busy = false
  const next = () => {
    const run = queue.shift()
    busy = run !== undefined
    run?.()
  }
  const request = (name: string, options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const hold = () => {
        busy = true
        Promise.resolve(callback({ name, mode: 'exclusive' })).finally(next).then(resolve, reject)
      }
      if (!busy) return hold()
      if (options.ifAvailable) return resolve(callback(null))
      queue.push(hold)
      options.signal?.addEventListener('abort', () => {
        const at = queue.indexOf(hold)
        if (at < 0) return
        queue.splice(at, 1)
        reject(new DOMException('given up', 'AbortError'))
      })
    })
  return { request, query: () => Promise.reject(new Error('unused')) } as LockManager
}

/** of a machine that may be busy with other things */
const SOON = { timeout: 20_000 }

describe('leader', () => {
  it('is the first tab; the next one watches and takes over when the first closes', async () => {
    const locks = lockQueue()
    const heard: string[] = []
    const first = claimLead('lab', (leading) => heard.push(`first ${leading}`), locks)
    const second = claimLead('lab', (leading) => heard.push(`second ${leading}`), locks)
    await vi.waitFor(() => expect(heard).toEqual(['first true', 'second false']), SOON)
    expect([first.leading, second.leading]).toEqual([true, false])
    first.release()
    await vi.waitFor(() => expect(heard).toEqual(['first true', 'second false', 'second true']), SOON)
    expect([first.leading, second.leading]).toEqual([false, true])
  })

  it('is not a tab that stopped waiting', async () => {
    const locks = lockQueue()
    const heard: string[] = []
    const first = claimLead('lab', () => heard.push('first'), locks)
    const second = claimLead('lab', (leading) => heard.push(`second ${leading}`), locks)
    await vi.waitFor(() => expect(heard).toContain('second false'), SOON)
    second.release()
    first.release()
    claimLead('lab', (leading) => heard.push(`third ${leading}`), locks)
    await vi.waitFor(() => expect(heard).toContain('third true'), SOON)
    expect(heard).not.toContain('second true')
  })

  it('is this tab where the browser has no locks', () => {
    const heard: boolean[] = []
    expect(claimLead('lab', (leading) => heard.push(leading), undefined).leading).toBe(true)
    expect(heard).toEqual([true])
  })
})

describe('askToPersist', () => {
  const storage = (answer: boolean | Error) =>
    ({
      persisted: async () => false,
      persist: async () => {
        if (answer instanceof Error) throw answer
        return answer
      },
      estimate: async () => ({ usage: 2_000_000, quota: 5_000_000_000 }),
    }) as unknown as StorageManager

  it('says what it got', async () => {
    expect(await askToPersist(storage(true))).toMatchObject({ persisted: true, usageBytes: 2_000_000 })
    const refused = await askToPersist(storage(false))
    expect(refused.persisted).toBe(false)
    expect(refused.message).toContain('export')
    expect(refused.message).toContain('2 MB used of 5,000 MB')
  })

  it('does not fail where the browser does', async () => {
    const quiet = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    expect((await askToPersist(storage(new Error('private window')))).persisted).toBeNull()
    expect((await askToPersist(undefined)).persisted).toBeNull()
    quiet.mockRestore()
  })
})
