// Joins the page's session and the desk of the bounties: one desk for a session, made when it is first asked for.

import { createDesk } from './bountyDesk'
import type { Desk } from './bountyDesk'
import type { Session } from './session'

const desks = new WeakMap<Session, Desk>()

export function deskOf(session: Session): Desk {
  const known = desks.get(session)
  if (known) return known
  const desk = createDesk(session.client.bounties)
  desks.set(session, desk)
  return desk
}
