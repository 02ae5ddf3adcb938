import { beforeEach, expect, test, vi } from 'vitest'
import { covers, mayReach, styleNonce } from './inForce'
import { allowedOrigins, allowOrigin, forgetOrigin, originsOf } from './origins'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  })
})

test('an address needs its own origin, and where its host is known to send on', () => {
  expect(originsOf('https://example.org:8443/a/b.txt?c#d')).toEqual(['https://example.org:8443'])
  expect(originsOf('wss://relay.example.org')).toEqual(['wss://relay.example.org'])
  expect(originsOf('https://huggingface.co/datasets/x')).toEqual(['https://huggingface.co', 'https://*.hf.co'])
  for (const address of ['', 'not-an-address', 'file:///etc/passwd', 'data:,x', 'javascript:1', 'blob:http://x/y']) {
    expect(originsOf(address), address).toEqual([])
  }
})

test('what is allowed is kept once, in order, and can be taken back', () => {
  allowOrigin('https://a.org', 'fetch a')
  allowOrigin('https://*.hf.co', 'fetch b')
  allowOrigin('https://a.org', 'fetch c')
  expect(allowedOrigins()).toEqual([{ origin: 'https://*.hf.co', why: 'fetch b' }, { origin: 'https://a.org', why: 'fetch c' }])
  forgetOrigin('https://*.hf.co')
  expect(allowedOrigins().map(({ origin }) => origin)).toEqual(['https://a.org'])
})

test.each([
  '*', 'https://*', 'https://*.org', 'https:', 'https://a.org/path', 'https://a.org; script-src *', "https://a.org 'unsafe-inline'",
  'ftp://a.org', 'https://[::1]:80', 'javascript://a', 'https://A.org', '',
])('nothing but an origin that a policy can name is allowed: %s', (origin) => {
  expect(() => allowOrigin(origin, 'x')).toThrow(/cannot be allowed/)
  expect(allowedOrigins()).toEqual([])
})

test('a full list and a browser that keeps nothing are said', () => {
  for (let i = 0; i < 100; i++) allowOrigin(`https://host${i}.org`, 'x')
  expect(() => allowOrigin('https://one-more.org', 'x')).toThrow(/no room/)
  vi.stubGlobal('localStorage', {
    getItem: () => null,
    setItem: () => {
      throw new Error('denied')
    },
  })
  expect(() => allowOrigin('https://a.org', 'x')).toThrow(/keeps nothing/)
})

test('what somebody else wrote there allows nothing', () => {
  for (const text of ['{', '7', 'null', '[null, 7, "https://a.org", { "origin": 1 }]']) {
    kept.set('assay.origins', text)
    expect(allowedOrigins()).toEqual([])
  }
})

test('a source covers its own origin, or any host below it', () => {
  const url = (address: string) => new URL(address)
  expect(covers('https://a.org', url('https://a.org/x'))).toBe(true)
  expect(covers('https://a.org', url('http://a.org/x'))).toBe(false)
  expect(covers('https://a.org', url('https://a.org:8443/x'))).toBe(false)
  expect(covers('https://*.a.org', url('https://x.y.a.org/'))).toBe(true)
  expect(covers('https://*.a.org', url('https://a.org/'))).toBe(false)
  expect(covers('https://*.a.org', url('https://evila.org/'))).toBe(false)
})

test('the policy in force is what the page obeys, not what is stored', () => {
  vi.stubGlobal('location', { origin: 'https://lab.org' })
  const content = "default-src 'none'; style-src 'self' 'nonce-a+/='; connect-src 'self' https://a.org"
  vi.stubGlobal('document', { querySelector: () => ({ content }) })
  expect([mayReach('https://lab.org/x'), mayReach('https://a.org/y'), mayReach('https://b.org/')]).toEqual([true, true, false])
  expect(mayReach('not-an-address')).toBe(true)
  expect(styleNonce()).toBe('a+/=')
  vi.stubGlobal('document', { querySelector: () => null }) // in dev
  expect(mayReach('https://b.org/')).toBe(true)
})
