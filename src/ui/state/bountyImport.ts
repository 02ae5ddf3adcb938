// What a bounty.json cannot bring along when somebody posts one like it, in words.

import type { BountySpec } from '../../bounty/types'
import type { BountyDraft } from '../../worker/bountyProtocol'
import { tameLine } from './bountyText'
import { dateText } from './bountyWords'
import { plural } from './format'

const OFFERS = {
  real: 'The file offers play money. Without a practice wallet, yours offers real money.',
  play: 'The file offers real money. With a practice wallet, yours offers play money.',
}

/** Each thing that stays behind, and what to do about it. @param money of whoever posts */
export function leftBehind(spec: BountySpec, draft: Pick<BountyDraft, 'deadline'>, money: BountySpec['money']): { what: string; text: string }[] {
  const { heldOut, verifiers, materialsUrl } = spec
  return [
    { what: 'Held-out text', text: `The file has the hash of ${plural(heldOut.length, 'text')}, and no text. Choose your own.` },
    { what: 'Verifiers', text: `The file names ${verifiers.length === 1 ? 'one' : verifiers.length}, for that bounty. Ask, and name whoever judges yours.` },
    Number.isNaN(draft.deadline) && { what: 'Deadline', text: `It was ${dateText(spec.deadline)}. Choose another.` },
    spec.money !== money && { what: 'Money', text: OFFERS[money] },
    materialsUrl !== null && { what: 'Materials', text: `They stay at ${tameLine(materialsUrl, 200)}, which may be somebody else’s. Change the address if you host them.` },
  ].filter((item) => item !== false)
}
