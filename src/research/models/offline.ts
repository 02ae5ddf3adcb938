// A page is told only "Failed to fetch", whatever stood in the way. Here the likely cause is found out as far as a page
// can, and the person told the exact step that helps.

import { LabError } from '../../core/errors'
import { factsOf } from './providers'
import { isLoopback } from './spec'
import type { ModelSpec, Provider } from './types'

/** Where a model is, seen from here. */
export interface Place {
  provider: Provider
  label: string
  model: string
  /** base address and its origin */
  address: string
  origin: string
  /** the page's origin; null outside a page */
  page: string | null
  /** a program of this machine */
  isLocal: boolean
  /** what the person does so that it answers this page */
  setup: string
  /** what the browser can be asked; absent outside a page */
  browser?: Browser
}

/** What a browser knows of a request that failed. */
export interface Browser {
  /** whether the page's own policy stood in the way */
  isForbidden(origin: string): Promise<boolean>
  /** whether the person, or the browser for them, denied access to this machine and its network */
  isLocalDenied(): Promise<boolean>
  /** whether something answers there that only does not answer pages */
  isAlive(address: string): Promise<boolean>
}

export function placeOf(spec: ModelSpec, address: string, page: string | null, browser?: Browser): Place {
  const { label } = factsOf(spec.provider)
  const { origin } = new URL(address)
  const place = { provider: spec.provider, model: spec.model, label, address, origin, page, isLocal: isLoopback(address), ...(browser && { browser }) }
  return { ...place, setup: setupOf(spec.provider, page) }
}

/** The step that makes a local server answer this page. */
function setupOf(provider: Provider, page: string | null): string {
  const who = page ?? 'this page'
  switch (provider) {
    case 'ollama':
      return `Quit Ollama and start it as: OLLAMA_ORIGINS=${who} OLLAMA_CONTEXT_LENGTH=16384 ollama serve (the Mac app: launchctl setenv OLLAMA_ORIGINS ${who}, then open it again).`
    case 'lmstudio':
      return 'In LM Studio, Developer → Settings: switch “Enable CORS” on and the server to Running; or run: lms server start --cors'
    case 'llamacpp':
      return `Start it as: llama-server -m MODEL.gguf --port 8080 (it answers every page unless --cors-origins says otherwise; then name ${who} there).`
    default:
      return `The server must send the header Access-Control-Allow-Origin: ${who}, and allow the headers authorization and content-type.`
  }
}

/** What to start where nothing answers. */
const START: Partial<Record<Provider, string>> = {
  ollama: 'ollama serve',
  lmstudio: 'lms server start',
  llamacpp: 'llama-server -m MODEL.gguf --port 8080',
}

/** @param said what the system called it: in a page never more than "Failed to fetch" */
export async function unreachable(place: Place, said: string): Promise<LabError> {
  const { label, origin, page, browser, isLocal, provider, address: url } = place
  const offline = (message: string, hint: string) => new LabError('controller.offline', message, { hint, data: { provider, origin, url } })
  const start = START[provider]
  const startIt = start ? `Is it running? Start it: ${start}` : 'Is this machine online, and the address right?'
  if (page === null || !browser) return offline(`${label} at ${origin} cannot be reached: ${said}.`, startIt)

  if (await browser.isForbidden(origin)) {
    return offline(`This page is not allowed to reach ${origin}.`, 'Its own policy forbids every address that you did not allow. Allow this one: the page loads again, and goes on where it was.')
  }
  if (page.startsWith('https:') && origin.startsWith('http:') && !isLocal) {
    return offline(`A page over https may not talk to ${origin} over http.`, 'Give that server https, run it on this machine, or run this page on your own machine with npm start.')
  }
  if (isPrivate(origin) && (await browser.isLocalDenied())) {
    return offline(`The browser keeps this page from ${origin}: access to the local network is denied.`, 'Allow “Local network access” for this page: the sign left of the address, Site settings; then try again.')
  }
  if (await browser.isAlive(place.address)) {
    return offline(`${label} runs at ${origin}, but does not answer this page.`, isLocal || START[provider] ? place.setup : `${place.setup} Or use npm run lab, which needs no such header.`)
  }
  const local = isLocal ? ` If it runs: ${place.setup} Chrome may ask for access to the local network: allow it.` : ''
  return offline(`${label} at ${origin} cannot be reached.`, `${startIt}.${local}`)
}

/** An address of this machine or of the network at home, as far as its name tells. */
function isPrivate(origin: string): boolean {
  const { hostname } = new URL(origin)
  return isLoopback(origin) || /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)|\.local$/.test(hostname)
}
