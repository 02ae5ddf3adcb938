// Where the reader is within the bounties: kept for the tab, so that a reload returns there.

import type { Persona } from '../../worker/bountyProtocol'

const PAGES = ['board', 'mine', 'post', 'wallet', 'guide', 'bounty'] as const

export interface Place {
  persona: Persona
  page: (typeof PAGES)[number]
  /** of the page `bounty` */
  bounty: string | null
  /** step of the walk-through that goes along; null while nobody follows it */
  step: number | null
}

export const HOME: Place = { persona: 'me', page: 'board', bounty: null, step: null }

const KEY = 'assay.bounties'
const PERSONAS: readonly Persona[] = ['me', 'sponsor', 'hunter', 'verifier']

export function loadPlace(): Place {
  try {
    return readPlace(JSON.parse(sessionStorage.getItem(KEY) ?? 'null'))
  } catch {
    return HOME // storage is off, or somebody else wrote there
  }
}

export function savePlace(place: Place): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(place))
  } catch {
    // storage is off: a reload begins at the board
  }
}

/** Anything that is no place falls back to the board. */
function readPlace(value: unknown): Place {
  const { persona, page, bounty, step } = (value ?? {}) as Partial<Place>
  const id = typeof bounty === 'string' && /^[0-9a-f]{64}$/.test(bounty) ? bounty : null
  const known = PAGES.find((name) => name === page) ?? HOME.page
  return {
    persona: PERSONAS.find((name) => name === persona) ?? HOME.persona,
    page: known === 'bounty' && id === null ? HOME.page : known,
    bounty: id,
    step: Number.isInteger(step) && step! >= 0 && step! < 100 ? step! : null,
  }
}
