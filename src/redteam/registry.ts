// Every cheat there is: a new one is a file in cheats/ and nothing else.

import type { Cheat } from './types'

const files = import.meta.glob<Cheat>('./cheats/*.ts', { eager: true, import: 'default' })

const FAMILIES: readonly Cheat['family'][] = ['score', 'peeking', 'data', 'luck', 'clock', 'escape', 'bomb', 'kernel', 'record']

/** By family, then by name. */
export const CHEATS: readonly Cheat[] = Object.values(files).sort(
  (a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family) || a.id.localeCompare(b.id),
)
