// Materials of a bounty, paid for where the sponsor asks for it. What was bought is written down before it is paid and
// used again; one challenge at a time, so nothing is paid twice for one address.

import { z } from 'zod'
import { LabError } from '../../core/errors'
import { readInvoice } from '../../wallet/invoice'
import { proves } from '../../wallet/proof'
import type { OutgoingState, Till } from '../../wallet/types'
import type { BountyStore } from '../office/store'
import { MOST_MATERIALS_BYTES, parseMaterials, type Materials } from './form'
import { authorization, parseChallenge } from './l402'

export interface MaterialsDeps {
  store: Pick<BountyStore, 'setting' | 'saveSetting'>
  till: Pick<Till, 'pay' | 'onChange'>
  fetch?: typeof fetch
  /** unix seconds */
  now(): number
  /** for the server, and for a payment on its way */
  replyMs?: number
  payMs?: number
}

export interface MaterialsRequest {
  url: string
  /** most that may be paid: what the bounty said that access costs */
  capSat: number
  toWhom: string
  why: string
}

/** More blocks than an ordinary payment needs: nobody's money is to be held here. */
const MOST_CLTV = 200
const PROBE_MS = 5000
/** To pay an invoice that has just come. */
const PAY_SECONDS = 600

/** What is being bought, or was. */
const purchase = z.strictObject({
  scheme: z.enum(['L402', 'LSAT']),
  token: z.string().max(8000),
  bolt11: z.string().max(4000),
  paymentHash: z.string().regex(/^[0-9a-f]{64}$/),
  preimage: z.string().regex(/^[0-9a-f]{64}$/).nullable(),
  /** the server has honoured it */
  served: z.boolean(),
})
type Purchase = z.infer<typeof purchase>

/**
 * Fetches them, paying at most once and at most the cap.
 * @throws LabError data.fetch | data.cors | bounty.invalid (the answer); pay.* (nothing was sent, or, "pay.offline", try again);
 *   bounty.state (a payment is on its way, or the server keeps what was paid for)
 */
export async function fetchMaterials(request: MaterialsRequest, deps: MaterialsDeps): Promise<Materials> {
  const { url } = request
  const { data } = purchase.safeParse(await deps.store.setting(settingOf(url)))
  let bought = data ?? null
  if (bought && bought.preimage === null) bought = await pay(bought, request, deps)
  const first = await get(url, bought, deps)
  if (first.ok) return received(first, url, bought, deps)
  if (bought && !bought.served) throw kept(first.status)
  // never bought, or bought, used, and over
  const fresh = await challengeOf(first, request, deps)
  const paid = await pay(fresh, request, deps)
  const second = await get(url, paid, deps)
  if (!second.ok) throw kept(second.status)
  return received(second, url, paid, deps)
}

const settingOf = (url: string): string => `materials/${url}`

async function received(response: Response, url: string, bought: Purchase | null, { store }: MaterialsDeps): Promise<Materials> {
  const text = await readBounded(response, url)
  if (bought && !bought.served) await store.saveSetting(settingOf(url), { ...bought, served: true })
  return parseMaterials(text)
}

/** Reads what is asked for, checks it against the cap and writes it down. Nobody's wallet knows of it yet. */
async function challengeOf(response: Response, { url, capSat }: MaterialsRequest, { store }: MaterialsDeps): Promise<Purchase> {
  await response.body?.cancel()
  const { host } = new URL(url)
  if (response.status !== 402) throw new LabError('data.fetch', `${host} answered ${response.status} to the request for the materials.`, { hint: 'Ask the sponsor.' })
  const header = response.headers.get('www-authenticate')
  if (header === null) {
    throw new LabError('data.cors', `${host} wants to be paid, but this page may not read how much: its answer does not expose the header WWW-Authenticate.`, {
      hint: 'The server must send “Access-Control-Expose-Headers: WWW-Authenticate”. Ask the sponsor, or use the command line, which has no such rule.',
    })
  }
  const challenge = parseChallenge(header)
  if (!challenge) throw new LabError('pay.unsupported', `${host} wants to be paid in a way that is not known here.`, { hint: 'Ask the sponsor for L402.' })
  const { bolt11, paymentHash, amountMsat } = readInvoice(challenge.invoice)
  if (amountMsat > capSat * 1000) {
    throw new LabError('pay.cap', `${host} asks for ${amountMsat / 1000} sat for the materials; the bounty says ${capSat}.`, { hint: 'Nothing was sent. Ask the sponsor.' })
  }
  const { scheme, token } = challenge
  const fresh: Purchase = { scheme, token, bolt11, paymentHash, preimage: null, served: false }
  await store.saveSetting(settingOf(url), fresh)
  return fresh
}

async function pay(wanted: Purchase, request: MaterialsRequest, deps: MaterialsDeps): Promise<Purchase> {
  const { url, toWhom, why, capSat } = request
  const { bolt11, paymentHash } = wanted
  const { amountMsat } = readInvoice(bolt11)
  if (amountMsat > capSat * 1000) throw new LabError('pay.cap', `The materials cost ${amountMsat / 1000} sat; the bounty says ${capSat}.`, { hint: 'Ask the sponsor.' })
  const key = `materials/${url}/${paymentHash}`
  const agreed = { paymentHash, amountMsat, maxCltv: MOST_CLTV, notAfter: deps.now() + PAY_SECONDS }
  const drop = () => deps.store.saveSetting(settingOf(url), null)
  let state: OutgoingState
  try {
    state = await untilOver(key, deps, () => deps.till.pay({ key, bolt11, agreed, toWhom, why }))
  } catch (thrown) {
    // a question that is answered for good: the next time there is a new one
    if (/^pay\.(mismatch|expired|cap|refused|unsupported)$/.test(LabError.from(thrown).code)) await drop()
    throw thrown
  }
  if (state.state === 'failed') {
    await drop()
    throw new LabError('pay.refused', `The materials could not be paid for. ${state.reason}`, { hint: 'Nothing was paid. Try again.' })
  }
  if (state.state !== 'paid') throw new LabError('bounty.state', 'The payment for the materials is on its way.', { hint: 'Try again in a while; it is not paid a second time.' })
  if (!proves(state.preimage, paymentHash)) throw new LabError('pay.mismatch', "The wallet's proof of this payment is wrong.", { hint: 'Look into the wallet; the payment is not made again.' })
  const paid = { ...wanted, preimage: state.preimage }
  await deps.store.saveSetting(settingOf(url), paid)
  return paid
}

/** Pays, and gives a payment that is on its way some time. */
async function untilOver(key: string, { till, payMs = 60_000 }: MaterialsDeps, send: () => Promise<OutgoingState>): Promise<OutgoingState> {
  let end = () => {}
  const over = new Promise<OutgoingState>((resolve) => {
    end = till.onChange(({ key: changed, state }) => {
      if (changed === key && (state.state === 'paid' || state.state === 'failed')) resolve(state)
    })
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const sent = await send()
    if (sent.state === 'paid' || sent.state === 'failed') return sent
    return await Promise.race([over, new Promise<OutgoingState>((resolve) => (timer = setTimeout(() => resolve(sent), payMs)))])
  } finally {
    clearTimeout(timer)
    end()
  }
}

async function get(url: string, bought: Purchase | null, { fetch: send = fetch, replyMs = 30_000 }: MaterialsDeps): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (bought?.preimage) headers.authorization = authorization(bought, bought.preimage)
  try {
    // a redirect could take what was paid for elsewhere
    return await send(url, { headers, redirect: 'error', credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store', signal: AbortSignal.timeout(replyMs) })
  } catch (cause) {
    throw await unanswered(url, bought, send, cause)
  }
}

/** Why there was no answer. A browser does not tell; so the server is asked for one that no page may read. */
async function unanswered(url: string, bought: Purchase | null, send: typeof fetch, cause: unknown): Promise<LabError> {
  const { host } = new URL(url)
  const isLate = (cause as { name?: unknown }).name === 'TimeoutError'
  const isThere = !isLate && (await send(url, { method: 'HEAD', mode: 'no-cors', credentials: 'omit', signal: AbortSignal.timeout(PROBE_MS) }).then(() => true, () => false)) // prettier-ignore
  if (!isThere) return new LabError('data.fetch', `${host} did not answer the request for the materials.`, { hint: 'Check the network, and that this page may reach the address; then try again.', cause })
  const what = bought?.preimage ? 'does not let this page send the proof of payment' : 'does not let other pages read its materials'
  return new LabError('data.cors', `${host} is there, but ${what} (CORS).`, {
    hint: `The sponsor must change the server: it has to send “Access-Control-Allow-Origin: *”, answer OPTIONS with “Access-Control-Allow-Headers: Authorization”, and not send on to another address.${bought?.preimage ? ' What was paid for stays paid, and is used again.' : ' Nothing was paid.'}`,
    cause,
  })
}

/** The request's own time limit ends the reading, too. */
async function readBounded(response: Response, url: string): Promise<string> {
  const broken = (why: string, cause?: unknown) => new LabError('data.fetch', `The materials of ${new URL(url).host} ${why}.`, { hint: 'Try again, or tell the sponsor. What was paid for stays paid.', cause })
  const reader = response.body?.getReader()
  if (!reader) return ''
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.length
      if (bytes > MOST_MATERIALS_BYTES) {
        await reader.cancel()
        throw broken(`are larger than ${MOST_MATERIALS_BYTES} bytes`)
      }
      parts.push(part.value)
    }
  } catch (thrown) {
    throw thrown instanceof LabError ? thrown : broken('broke off', thrown)
  }
  return new TextDecoder().decode(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

function kept(status: number): LabError {
  return new LabError('bounty.state', `The server answered ${status} although the materials are paid for.`, { hint: 'It is not paid again. Try later, and tell the sponsor: the payment is in the ledger, with its proof.' })
}
