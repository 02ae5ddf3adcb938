import { expect, test } from 'vitest'
import { authorization, challengeHeader, parseAuthorization, parseChallenge } from './l402'

test('challenges as servers write them', () => {
  const wanted = { scheme: 'L402', token: 'AGI=', invoice: 'lnbc1' }
  expect(parseChallenge('L402 macaroon="AGI=", invoice="lnbc1"')).toEqual(wanted)
  expect(parseChallenge('l402 token=AGI=,invoice=lnbc1')).toEqual(wanted)
  expect(parseChallenge('Basic realm="x", L402 version="0", token="AGI=", invoice="lnbc1"')).toEqual(wanted)
  expect(parseChallenge('LSAT macaroon="old", invoice="lnbc2", L402 macaroon="AGI=", invoice="lnbc1"')).toEqual(wanted)
  expect(parseChallenge('LSAT macaroon="old", invoice="lnbc2"')).toEqual({ scheme: 'LSAT', token: 'old', invoice: 'lnbc2' })
  expect(parseChallenge(challengeHeader(wanted))).toEqual(wanted)
})

test('what is none is none', () => {
  for (const header of [null, '', 'Basic realm="x"', 'L402 macaroon="AGI="', 'L402 macaroon="a\r\nb", invoice="lnbc1"', 'L402 macaroon="a:b", invoice="lnbc1"', `L402 macaroon="${'a'.repeat(20_000)}", invoice="x"`]) expect(parseChallenge(header)).toBeNull()
})

test('what a client sends is read back, and nothing else', () => {
  const preimage = 'ab'.repeat(32)
  expect(parseAuthorization(authorization({ scheme: 'L402', token: 'a.b-_=' }, preimage))).toEqual({ token: 'a.b-_=', preimage })
  for (const header of [undefined, 'Bearer x', 'L402 x', `L402 a:b:${preimage}`, `L402 x:${preimage}0`]) expect(parseAuthorization(header)).toBeNull()
})
