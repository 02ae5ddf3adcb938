// Lets the page reach an address it could not: a policy cannot be widened, so the page is loaded again, and goes on
// where it was. What is typed but not in the URL is carried over in the tab's session storage.

import { LabError } from '../../core/errors'
import type { DatasetSource } from '../../data/types'
import { mayReach } from '../policy/inForce'
import { allowOrigin, forgetOrigin, originsOf } from '../policy/origins'
import type { AppState, Notice, Store } from './store'

export interface Want {
  /** what is to be fetched or talked to: http(s) or ws(s) */
  address: string
  /** what for, in words that go on after “to” */
  why: string
}

/** What the page does once it is back. */
export type AfterReload = 'start' | null

interface Carried {
  /** origins that should be allowed by now */
  allowed: string[]
  edited: AppState['edited']
  /** a file of the person's own: a URL does not name it */
  file: Extract<DatasetSource, { kind: 'text' }> | null
  after: AfterReload
  notice: Notice
}

const KEY = 'assay.carried'

/** Allowed right before this page was loaded: where that did not help, another load would not either. */
let triedBefore: string[] = []

/** Origins that would have to be allowed for these addresses; empty when the page may reach them all. */
export function missingOrigins(addresses: (string | undefined)[]): string[] {
  const needed = addresses.flatMap((address) => originsOf(address ?? ''))
  // "*." stands for any one host below it
  return [...new Set(needed)].filter((origin) => !mayReach(origin.replace('*.', 'any.')))
}

/**
 * Makes sure that the page and its workers may reach some addresses. Where they may not, they are allowed from now on
 * (the caller has said so beside its button), and the page reloads itself; the setup and the editors stay as they are,
 * and a lab that runs goes on.
 * @returns true when there is nothing to do; false when the page is about to go: do nothing more
 * @throws LabError lab.state when an address cannot be allowed, or was and still cannot be reached
 */
export function reach(store: Store, wants: Want[], after: AfterReload = null): boolean {
  const missing = wants.flatMap(({ address, why }) => missingOrigins([address]).map((origin) => ({ origin, why })))
  if (missing.length === 0) return true
  const origins = [...new Set(missing.map(({ origin }) => origin))]
  const names = origins.join(' and ')
  if (origins.some((origin) => triedBefore.includes(origin))) {
    const hint = 'Use a file instead, or tell whoever runs this page: its server may send a policy of its own.'
    throw new LabError('lab.state', `${names} was allowed, and still cannot be reached from this page.`, { hint })
  }
  for (const { origin, why } of missing) allowOrigin(origin, why)
  reload(store, after, origins, {
    level: 'info',
    message: `This page may now reach ${names}.`,
    hint: 'That is kept in this browser; under Advanced you can take it back.',
  })
  return false
}

/** Takes an allowed address back, and reloads the page so that it holds. */
export function unreach(store: Store, origin: string): void {
  forgetOrigin(origin)
  reload(store, null, [], { level: 'info', message: `This page can no longer reach ${origin}.`, hint: '' })
}

function reload(store: Store, after: AfterReload, allowed: string[], notice: Notice): void {
  const { draft, edited } = store.get()
  const file = draft.dataset.kind === 'text' ? draft.dataset : null
  const carried: Carried = { allowed, edited, file, after, notice }
  sessionStorage.setItem(KEY, JSON.stringify(carried))
  location.reload()
}

/** What the page that reloaded itself left for this one; read once. */
export function takeCarried(): Carried | null {
  try {
    const text = sessionStorage.getItem(KEY)
    sessionStorage.removeItem(KEY)
    const carried = text === null ? null : (JSON.parse(text) as Carried)
    triedBefore = carried?.allowed ?? []
    return carried
  } catch {
    return null // storage is off: nothing was carried either
  }
}
