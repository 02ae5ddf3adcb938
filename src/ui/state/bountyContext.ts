// Hooks that give the bounty views their desk and a slice of what it knows.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { LabError } from '../../core/errors'
import type { PartView, Persona } from '../../worker/bountyProtocol'
import { PLAYED } from './bountyDesk'
import type { Desk, DeskState, PersonView } from './bountyDesk'
import { shortKey } from './bountyText'

export const DeskContext = createContext<Desk | null>(null)

export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (!desk) throw new LabError('lab.internal', 'A view of the bounties was drawn without a desk.')
  return desk
}

/** One field or stable derivation of the desk; `select` must not build new objects. */
export function useDeskState<T>(select: (state: DeskState) => T): T {
  const desk = useDesk()
  return useSyncExternalStore(desk.listen, () => select(desk.get()))
}

export function usePersona(): Persona {
  return useDeskState((state) => state.place.persona)
}

/** What is known of whoever acts now. */
export function usePerson(): PersonView {
  return useDeskState((state) => state.people[state.place.persona])
}

/** Whether whoever acts now has play money only. */
export function useIsPlay(): boolean {
  return useDeskState(({ people, place }) => place.persona !== 'me' || people.me.wallet?.info?.isPlayMoney === true)
}

/** Unix seconds, told again every so often. */
export function useNow(everySeconds = 20): number {
  const [now, setNow] = useState(() => Date.now() / 1000)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everySeconds * 1000)
    return () => clearInterval(timer)
  }, [everySeconds])
  return now
}

/**
 * A key as a reader knows its owner: one of the people of this tab, or eight and four of its digits.
 * @param reader whoever acts now where absent
 */
export function useNameOf(reader?: Persona): (key: string) => string {
  const people = useDeskState((state) => state.people)
  const shown = usePersona()
  const persona = reader ?? shown
  return (key) => {
    if (people[persona].self?.publicKey === key) return 'you'
    const played = PLAYED.find((role) => people[role].self?.publicKey === key)
    return played ? `the ${played} of this tab` : shortKey(key)
  }
}

/** Everything that somebody does about one bounty, the newest last. */
export function usePartsOf(bounty: string): PartView[] {
  const { parts } = usePerson()
  return parts?.filter((part) => part.bounty === bounty) ?? []
}
