// Whether somebody verifies whatever names their key, without being asked: kept in this browser, by person.

import type { Persona } from '../../worker/bountyProtocol'

const KEY = 'assay.verifies'

export function isWatchful(persona: Persona): boolean {
  try {
    return (localStorage.getItem(KEY) ?? '').split(',').includes(persona)
  } catch {
    return false // storage is off
  }
}

export function setWatchful(persona: Persona, on: boolean): void {
  try {
    const others = (localStorage.getItem(KEY) ?? '').split(',').filter((name) => name !== '' && name !== persona)
    localStorage.setItem(KEY, [...others, ...(on ? [persona] : [])].join(','))
  } catch {
    // storage is off: it holds for nothing, and the switch shows it on the next visit
  }
}
