// A known technique, as the director hands it over.

import type { KnobValue } from '../../../sandbox/knobs'

export interface Idea {
  /** as rows and people name it */
  name: string
  category: string
  /** what it is, and why it may help in a short run of a small model */
  sentence: string
  source: string
  /** values of knobs; a number may be a multiple of what it is */
  knobs?: Record<string, KnobValue | { times: number }>
  /** pieces of the default program, each of which occurs once, and what takes their place */
  edits?: { find: string; replace: string }[]
}
