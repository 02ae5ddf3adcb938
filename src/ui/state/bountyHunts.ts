// Which lab of this browser was made of which bounty's task, by person: so that what it found can be handed in.

import type { Persona } from '../../worker/bountyProtocol'

const KEY = 'assay.hunts'
const MOST = 200

/** The lab that `persona` hunts a bounty in; null where there is none. */
export function huntOf(persona: Persona, bounty: string): string | null {
  return read()[`${persona}/${bounty}`] ?? null
}

export function keepHunt(persona: Persona, bounty: string, labId: string): void {
  const kept = Object.entries({ ...read(), [`${persona}/${bounty}`]: labId }).slice(-MOST)
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)))
  } catch {
    // storage is off: the lab has to be chosen by hand
  }
}

function read(): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return {}
    return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return {} // storage is off, or somebody else wrote there
  }
}
