import { useEffect, useMemo, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { BountyDraft } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, usePerson, usePersona } from '../../state/bountyContext'
import { HeldOutFields } from './HeldOutFields'
import { MoneyFields } from './MoneyFields'
import { Promises } from './Promises'
import { RuleFields } from './RuleFields'
import { VerifierFields } from './VerifierFields'

/** Checked when typing pauses: the held-out text crosses to the worker each time. */
const CHECK_AFTER_MS = 400

/** The form: what is wanted, what is paid, who judges; beside it what that means. The money is that of the wallet. */
export function PostForm({ initial, money, isStories }: { initial: BountyDraft; money: BountyDraft['money']; isStories: boolean }) {
  const desk = useDesk()
  const persona = usePersona()
  const { wallet } = usePerson()
  const busy = useDeskState((state) => state.busy)
  const [typed, setTyped] = useState(initial)
  const draft = useMemo(() => ({ ...typed, money }), [typed, money])
  const change = (part: Partial<BountyDraft>) => setTyped({ ...typed, ...part })
  const problems = useProblems(draft)
  const isReady = problems !== null && problems.length === 0 && busy === null

  const post = async () => {
    if (!isReady) return
    let id = ''
    if (await desk.attempt('post', async () => {
      id = await desk.api.postBounty(persona, draft)
    })) {
      desk.setImported(null)
      desk.go({ page: 'bounty', bounty: id })
    }
  }
  return (
    <form className="post-form" onSubmit={(event) => {
      event.preventDefault()
      void post()
    }}>
      <div className="post-fields">
        <section className="card" aria-label="What is wanted">
          <h2>What is wanted</h2>
          <label className="field">
            <span className="field-label">Title</span>
            <input type="text" maxLength={120} autoComplete="off" value={draft.title} onChange={(event) => change({ title: event.target.value })} />
          </label>
          <label className="field">
            <span className="field-label">What hunters should know</span>
            <textarea rows={3} maxLength={8000} value={draft.description} onChange={(event) => change({ description: event.target.value })} />
          </label>
        </section>
        <MoneyFields draft={draft} onChange={change} />
        <section className="card" aria-label="Who judges, on what">
          <h2>Who judges, on what</h2>
          <VerifierFields draft={draft} onChange={change} />
          <HeldOutFields draft={draft} isStories={isStories} onChange={change} />
        </section>
        <RuleFields draft={draft} onChange={change} />
      </div>
      <section className="card post-summary" aria-label="What you promise">
        <Promises draft={draft} />
        <div aria-live="polite">
          {problems && problems.length > 0 && (
            <div className="post-problems"><h3>To be mended</h3><ul>{problems.map((text) => <li key={text}>{text}</li>)}</ul></div>
          )}
        </div>
        {wallet && wallet.info === null && <p className="callout">You can post without a wallet; to lock money you need one.<button type="button" className="button button-plain" onClick={() => desk.go({ page: 'wallet' })}>Connect one</button></p>}
        <button type="submit" className={draft.money === 'play' ? 'button button-play next-button' : 'button button-primary next-button'} aria-disabled={!isReady}>
          {busy === 'post' ? 'Posting…' : draft.money === 'play' ? 'Post it, for play money' : 'Post it'}
        </button>
        <p className="note">Posting moves no money. It is public and signed: you can close it, and not change it.</p>
      </section>
    </form>
  )
}

/** What is wrong with a draft; null until that has been found out. */
function useProblems(draft: BountyDraft): string[] | null {
  const { api } = useDesk()
  const [found, setFound] = useState<{ draft: BountyDraft; problems: string[] } | null>(null)
  useEffect(() => {
    let live = true
    const timer = setTimeout(() => {
      api.checkDraft(draft).then(
        (problems) => {
          if (live) setFound({ draft, problems })
        },
        (thrown: unknown) => {
          if (live) setFound({ draft, problems: [LabError.from(thrown).message] })
        },
      )
    }, CHECK_AFTER_MS)
    return () => {
      live = false
      clearTimeout(timer)
    }
  }, [api, draft])
  return found?.draft === draft ? found.problems : null
}
