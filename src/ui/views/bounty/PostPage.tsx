import { useEffect, useState } from 'react'
import { LabError } from '../../../core/errors'
import type { BountyDraft } from '../../../worker/bountyProtocol'
import { useDesk, useDeskState, useIsPlay, usePersona } from '../../state/bountyContext'
import { useApp, useLabs } from '../../state/context'
import { SectionLink } from '../SectionLink'
import { ImportFile } from './ImportFile'
import { PostForm } from './PostForm'
import { PostImported } from './PostImported'
import { PracticeLab } from './PracticeLab'

/** Makes a bounty of a lab: its task, its best program as the baseline, and what the sponsor promises. */
export function PostPage() {
  const desk = useDesk()
  const persona = usePersona()
  const play = useIsPlay()
  const money = play ? 'play' : 'real'
  const labs = useLabs()
  const shown = useApp((state) => state.labId)
  const [chosen, setChosen] = useState<string | null>(null)
  const measured = labs?.filter(({ incumbent }) => incumbent !== null) ?? []
  const labId = chosen ?? measured.find((lab) => lab.labId === shown)?.labId ?? measured[0]?.labId ?? null
  const [made, setMade] = useState<{ labId: string; draft: BountyDraft } | null>(null)
  const [problem, setProblem] = useState<LabError | null>(null)
  const practice = useDeskState((state) => state.practice)
  const imported = useDeskState((state) => state.imported)
  const verifier = useDeskState((state) => state.people.verifier.self?.publicKey ?? null)
  const { api } = desk
  useEffect(() => {
    let live = true
    if (labId === null || imported !== null) return undefined
    api.draftBounty(labId).then(
      (draft) => {
        if (!live) return
        setProblem(null)
        setMade({ labId, draft: practice ? practised(draft, verifier) : draft })
      },
      (thrown: unknown) => {
        if (live) setProblem(LabError.from(thrown))
      },
    )
    return () => {
      live = false
    }
  }, [api, labId, imported, practice, verifier])

  if (persona === 'hunter' || persona === 'verifier') {
    return <p className="card empty">In practice the sponsor posts. <button type="button" className="button button-plain" onClick={() => desk.go({ persona: 'sponsor' })}>Be the sponsor</button></p>
  }
  if (imported !== null) return <PostImported imported={imported} money={money} />
  if (labs === null) return <p className="note" role="status">Looking for labs…</p>
  if (measured.length === 0) {
    return (
      <div className="post">
        <div className="card empty post-empty">
          <p>A bounty is about a lab: its text, its budget, and its best program so far. None has been measured in this browser yet.</p>
          {play ? <PracticeLab /> : <p><SectionLink id="lab">Start a lab, and let it measure its baseline</SectionLink>, then come back. Or begin with somebody’s bounty.json, below.</p>}
        </div>
        <ImportFile />
      </div>
    )
  }
  return (
    <div className="post">
      <div className="post-about">
        <label className="field">
          <span className="field-label">The lab it is about</span>
          <select value={labId ?? ''} onChange={(event) => setChosen(event.target.value)}>
            {measured.map((lab) => <option key={lab.labId} value={lab.labId}>{lab.name}, {lab.task.tokenizer.kind === 'bytes' ? 'bytes' : 'BPE'}</option>)}
          </select>
        </label>
        <ImportFile />
      </div>
      {problem && <p className="problem" role="alert"><b>{problem.message}</b> {problem.hint}</p>}
      {made && made.labId === labId && <PostForm key={labId} initial={made.draft} money={money} isStories={labs.some((lab) => lab.labId === labId && lab.task.dataset.kind === 'grammar')} />}
    </div>
  )
}

/** What suits a class: one seed, a minute's delay, and the verifier of this tab. */
function practised(draft: BountyDraft, verifier: string | null): BountyDraft {
  return { ...draft, seeds: 1, stabilityDelaySeconds: 60, verifiers: verifier === null ? [] : [verifier] }
}
