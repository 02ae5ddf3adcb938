import { useEffect, useState } from 'react'
import type { Persona } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { useApp } from '../../state/context'
import { isWatchful, setWatchful } from '../../state/bountyWatch'

const PERSONAS: readonly Persona[] = ['me', 'verifier']

/** What a verifier needs to know to leave: that it works alone, and what would stop it. */
export function Unattended({ bounty }: { bounty: string }) {
  const persona = usePersona()
  const measuring = useApp(({ status }) => status.measuring?.bounty === bounty ? status.measuring : null)
  const [on, setOn] = useState(() => isWatchful(persona))
  const [awake, setAwake] = useState(false)
  useWakeLock(awake)
  return (
    <div className="unattended">
      {measuring && (
        <label className="replay-progress">
          <span>Training and scoring: run {measuring.run} of {measuring.runs}</span>
          <progress max={1} value={measuring.progress} />
        </label>
      )}
      <p className="note">This tab does the verifying by itself while it is open. Without a page: <code>npm run lab -- verify-bounty</code>.</p>
      <label className="tickbox">
        <input type="checkbox" checked={on} onChange={() => {
          setWatchful(persona, !on)
          setOn(!on)
        }} />
        Verify every new bounty that names my key, without asking
      </label>
      {'wakeLock' in navigator && (
        <label className="tickbox">
          <input type="checkbox" checked={awake} onChange={() => setAwake(!awake)} />
          Keep this screen awake meanwhile
        </label>
      )}
    </div>
  )
}

/** Takes part in what names a key of this tab, where its owner has said so. */
export function useWatchfulness(): void {
  const desk = useDesk()
  const people = useDeskState((state) => state.people)
  const busy = useDeskState((state) => state.busy)
  useEffect(() => {
    if (busy !== null) return
    for (const persona of PERSONAS.filter(isWatchful)) {
      const { board, parts, self } = people[persona]
      if (!board || !parts || !self) continue
      const taken = new Set(parts.filter(({ role }) => role === 'verifier').map(({ bounty }) => bounty))
      const next = board.find(({ id, isOpen, spec }) => isOpen && spec.verifiers.includes(self.publicKey) && !taken.has(id))
      if (!next) continue
      void desk.attempt('verify', () => desk.api.verifyBounty(persona, next.id))
      return
    }
  }, [desk, people, busy])
}

function useWakeLock(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined
    let lock: WakeLockSentinel | null = null
    let isOver = false
    // the browser takes it back when the page is hidden, and may refuse: then the screen sleeps as ever
    const take = async () => {
      if (document.visibilityState !== 'visible') return
      const taken = await navigator.wakeLock.request('screen').catch(() => null)
      if (isOver) void taken?.release()
      else lock = taken
    }
    const again = () => void take()
    document.addEventListener('visibilitychange', again)
    again()
    return () => {
      isOver = true
      document.removeEventListener('visibilitychange', again)
      void lock?.release()
    }
  }, [on])
}
