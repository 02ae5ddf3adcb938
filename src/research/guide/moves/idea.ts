// A known technique put into the program, for a researcher that cannot read.

import { applyIdea, ideaText, untriedIdeas } from '../deck/deck'
import type { Proposal } from '../../types'
import { propose, type Desk } from './desk'

/** The first idea that goes into the program and makes a new one of it, and the order that says which. */
export async function idea(desk: Desk): Promise<{ proposal: Proposal; text: string } | null> {
  const before = await desk.source(desk.base)
  for (const found of untriedIdeas(desk.rows)) {
    const source = applyIdea(before, found)
    if (source === null || !(await desk.isOpen(source))) continue
    const { name, sentence, category } = found
    const proposal = propose(desk, 'idea', { hypothesis: `${capital(name)}. ${sentence} (${found.source})`, description: `idea: ${name}`, category, source })
    return { proposal, text: `${ideaText(name)} ${sentence} (${found.source})` }
  }
  return null
}

function capital(name: string): string {
  return name[0].toUpperCase() + name.slice(1)
}
