// What the page knows of the money side, by person: read from the worker, read again when it says that something changed.
// One desk lives as long as the page, so that a payment is asked about wherever the reader is within it.

import { LabError } from '../../core/errors'
import type { LabErrorJson } from '../../core/errors'
import type { BountyClient } from '../../worker/bountyClient'
import type { BountySpec } from '../../bounty/types'
import type { BountyDraft, ListingView, PartView, Persona, Self, WalletView } from '../../worker/bountyProtocol'
import type { PaymentRow } from '../../wallet/types'
import { loadRate, saveRate } from './bountyMoney'
import type { FiatRate } from './bountyMoney'
import { HOME, loadPlace, savePlace } from './bountyPlace'
import type { Place } from './bountyPlace'

/** One person's side of things; null until it has been read. */
export interface PersonView {
  self: Self | null
  board: ListingView[] | null
  parts: PartView[] | null
  wallet: WalletView | null
  payments: PaymentRow[] | null
}

/** The three people that one person plays with play money. */
export const PLAYED = ['sponsor', 'hunter', 'verifier'] as const satisfies Persona[]

export interface DeskState {
  /** the three are played in this tab */
  practice: boolean
  people: Record<Persona, PersonView>
  place: Place
  /** payments that wait for a word, oldest first */
  asked: readonly { persona: Persona; row: PaymentRow }[]
  /** practice only: play money is paid without asking */
  autoPay: boolean
  problems: readonly { id: number; persona: Persona; error: LabErrorJson }[]
  /** what is being done; its button waits */
  busy: string | null
  rate: FiatRate | null
  /** somebody's bounty.json that a draft was made of; the form shows it in place of a lab */
  imported: Imported | null
}

export interface Imported {
  fileName: string
  spec: BountySpec
  draft: BountyDraft
}

export interface Desk {
  api: BountyClient['api']
  get(): DeskState
  listen(listener: () => void): () => void
  /** Shows another page of the section, or the same as somebody else. */
  go(place: Partial<Place>): void
  /** Reads everything of somebody again. */
  refresh(persona: Persona): Promise<void>
  /** Runs a command; a failure becomes a problem, and false. What changed is read again. */
  attempt(label: string, command: () => Promise<unknown>): Promise<boolean>
  answer(keys: readonly string[], yes: boolean): Promise<void>
  startPractice(): Promise<boolean>
  leavePractice(): void
  setAutoPay(on: boolean): void
  setRate(rate: FiatRate | null): void
  /** What was read from a file, for the form; null: it is about a lab again. */
  setImported(imported: Imported | null): void
  dismiss(id: number): void
}

const NOBODY: PersonView = { self: null, board: null, parts: null, wallet: null, payments: null }
const MOST_PROBLEMS = 5
/** Changes come in bursts: they are read together. */
const READ_AFTER_MS = 60
/** A wallet says that a payment is over before its balance does. */
const REST_AFTER_MS = 1500
const BACK_TRIES = 20
const BACK_AFTER_MS = 500

export function createDesk(client: BountyClient): Desk {
  const { api } = client
  const place = loadPlace()
  let state: DeskState = {
    practice: place.persona !== 'me',
    people: { me: NOBODY, sponsor: NOBODY, hunter: NOBODY, verifier: NOBODY },
    place, asked: [], autoPay: false, problems: [], busy: null, rate: loadRate(), imported: null,
  } // prettier-ignore
  const listeners = new Set<() => void>()
  const timers = new Map<Persona, ReturnType<typeof setTimeout>>()
  const resting = new Map<Persona, ReturnType<typeof setTimeout>>()
  let problems = 0

  function set(change: Partial<DeskState>): void {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  function setPerson(persona: Persona, change: Partial<PersonView>): void {
    set({ people: { ...state.people, [persona]: { ...state.people[persona], ...change } } })
  }

  function fail(persona: Persona, thrown: unknown): void {
    const error = LabError.from(thrown).toJSON()
    const others = state.problems.filter((known) => known.persona !== persona || known.error.message !== error.message)
    set({ problems: [...others, { id: ++problems, persona, error }].slice(-MOST_PROBLEMS) })
  }

  async function refresh(persona: Persona): Promise<void> {
    try {
      const [self, board, parts, wallet, payments] = await Promise.all([
        api.self(persona), api.board(persona), api.parts(persona), api.wallet(persona), api.payments(persona),
      ]) // prettier-ignore
      const isNewWallet = !state.people[persona].wallet?.info && wallet.info
      setPerson(persona, { self, board, parts, wallet, payments })
      // that there was none is mended
      if (isNewWallet) set({ problems: state.problems.filter((known) => known.persona !== persona || known.error.code !== 'pay.noWallet') })
      // what is asked now, and nothing else: questions are answered elsewhere, too, and were asked before anybody listened
      const keys = new Set(wallet.asked.map(({ key }) => key))
      set({ asked: state.asked.filter((open) => open.persona !== persona || keys.has(open.row.key)) })
      ask(persona, wallet.asked)
    } catch (thrown) {
      fail(persona, thrown)
    }
  }

  function refreshSoon(persona: Persona): void {
    if (timers.has(persona)) return
    timers.set(persona, setTimeout(() => {
      timers.delete(persona)
      void refresh(persona)
    }, READ_AFTER_MS))
  }

  /** Once more when payments have come to rest. */
  function refreshAtRest(persona: Persona): void {
    clearTimeout(resting.get(persona))
    resting.set(persona, setTimeout(() => void refresh(persona), REST_AFTER_MS))
  }

  function ask(persona: Persona, rows: readonly PaymentRow[]): void {
    const known = new Set(state.asked.map(({ row }) => row.key))
    const fresh = rows.filter(({ key }) => !known.has(key))
    if (fresh.length === 0) return
    if (state.autoPay) for (const row of fresh.filter(isPlay)) void api.answerPayment(persona, row.key, true).catch((thrown: unknown) => fail(persona, thrown))
    const open = state.autoPay ? fresh.filter((row) => !isPlay(row)) : fresh
    if (open.length > 0) set({ asked: [...state.asked, ...open.map((row) => ({ persona, row }))] })
  }

  client.subscribe((event) => {
    if (event.kind === 'bountyError') return fail(event.persona, LabError.fromJSON(event.error))
    if (event.kind === 'confirm') ask(event.persona, [event.row])
    refreshSoon(event.persona)
    if (event.kind === 'payment') refreshAtRest(event.persona)
  })

  /** The wallet of the last time comes back by itself; that is waited for. */
  async function joinPractice(persona: Persona): Promise<void> {
    if ((await api.wallet(persona)).info) return
    try {
      await api.connectWallet(persona, { kind: 'practice', network: { role: 'host' } })
    } catch (thrown) {
      for (let tries = 0; tries < BACK_TRIES; tries++) {
        await new Promise((resolve) => setTimeout(resolve, BACK_AFTER_MS))
        if ((await api.wallet(persona)).info) return
      }
      throw thrown
    }
  }

  const desk: Desk = {
    api,
    get: () => state,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    go(change) {
      const next = { ...state.place, ...change }
      savePlace(next)
      set({ place: next })
      // money may have moved without a word of the wallet's
      if (next.page === 'wallet' || state.people[next.persona].self === null) void refresh(next.persona)
    },
    refresh,
    async attempt(label, command) {
      const { persona } = state.place
      set({ busy: label })
      try {
        await command()
        return true
      } catch (thrown) {
        fail(persona, thrown)
        return false
      } finally {
        set({ busy: null })
        await refresh(persona)
      }
    },
    async answer(keys, yes) {
      const answered = state.asked.filter(({ row }) => keys.includes(row.key))
      set({ asked: state.asked.filter(({ row }) => !keys.includes(row.key)) })
      for (const { persona, row } of answered) {
        try {
          await api.answerPayment(persona, row.key, yes)
        } catch (thrown) {
          fail(persona, thrown)
        }
      }
    },
    async startPractice() {
      // one after the other: the first makes the network that the others live on
      const opened = await desk.attempt('practice', async () => {
        for (const persona of PLAYED) await joinPractice(persona)
      })
      if (!opened) return false
      set({ practice: true })
      desk.go({ persona: state.place.persona === 'me' ? 'sponsor' : state.place.persona })
      await Promise.all(PLAYED.map(refresh))
      return true
    },
    leavePractice() {
      set({ practice: false, autoPay: false })
      desk.go({ ...HOME })
    },
    setAutoPay(on) {
      set({ autoPay: on })
      if (on) void desk.answer(state.asked.filter(({ row }) => isPlay(row)).map(({ row }) => row.key), true)
    },
    setRate(rate) {
      saveRate(rate)
      set({ rate })
    },
    setImported: (imported) => set({ imported }),
    dismiss: (id) => set({ problems: state.problems.filter((problem) => problem.id !== id) }),
  }
  void refresh(place.persona)
  if (state.practice) for (const persona of PLAYED) void refresh(persona)
  return desk
}

/** Money that is worth nothing, of a wallet of this lab: what says so elsewhere is not believed. */
export function isPlay(row: Pick<PaymentRow, 'wallet' | 'isPlayMoney'>): boolean {
  return row.wallet === 'practice' && row.isPlayMoney
}
