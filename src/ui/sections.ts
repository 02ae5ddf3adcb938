// The page's sections, in the order of the navigation. A new one is a component and a line here; `lazy` keeps its code
// out of the first load. Its address is #v=1&view=<id>.

import { lazy } from 'react'
import type { ComponentType } from 'react'
import { LabSection } from './views/LabSection'

export interface Section {
  /** lower-case letters; part of addresses, so it never changes */
  id: string
  label: string
  View: ComponentType
}

export const SECTIONS: readonly Section[] = [
  { id: 'lab', label: 'Lab', View: LabSection },
  { id: 'research', label: 'Research', View: lazy(() => import('./views/research/ResearchSection')) },
  { id: 'bounties', label: 'Bounties', View: lazy(() => import('./views/bounty/BountySection')) },
  { id: 'receipts', label: 'Receipts', View: lazy(() => import('./views/ReceiptsSection')) },
  { id: 'redteam', label: 'Red team', View: lazy(() => import('./views/RedTeamSection')) },
  { id: 'how', label: 'How it works', View: lazy(() => import('./views/HowSection')) },
]

/** The section an address names; the first one where it names none that exists. */
export function sectionOf(view: string): Section {
  return SECTIONS.find(({ id }) => id === view) ?? SECTIONS[0]
}
