import { GUIDE, placeOf } from '../../state/bountyGuide'
import { useDesk, useDeskState } from '../../state/bountyContext'
import { PERSONA_NAMES } from '../../state/bountyWords'
import { useLabs } from '../../state/context'
import { Icon } from '../Icon'
import { MineBlocks } from './MineBlocks'
import { PracticeLab } from './PracticeLab'

/** The walk-through as it goes along: one step at a time, which switches to whoever acts. */
export function GuideDock({ step: number }: { step: number }) {
  const desk = useDesk()
  const state = useDeskState((all) => all)
  const labs = useLabs()
  const step = GUIDE[Math.min(number, GUIDE.length - 1)]
  const hasLab = labs?.some(({ incumbent }) => incumbent !== null) === true
  const isDone = step.done({ desk: state, hasLab })
  const show = (next: number) => desk.go({ step: next, ...(state.practice ? placeOf(GUIDE[next], state) : {}) })
  const there = placeOf(step, state)
  const isThere = state.place.persona === there.persona && state.place.page === there.page
  // what has been posted is not posted again
  const goes = state.practice && !isThere && !(isDone && step.page === 'post')
  return (
    <section className="guide" aria-labelledby="guide-title">
      <div className="guide-head">
        <p className="note">Step {number + 1} of {GUIDE.length}, {PERSONA_NAMES[step.persona]}</p>
        <button type="button" className="button button-quiet" onClick={() => desk.go({ step: null })}>End the tour</button>
      </div>
      <h2 id="guide-title">{step.title}{isDone && <span className="badge badge-gold"><Icon name="check" size={14} />Done</span>}</h2>
      <p><b>Do:</b> {step.act}</p>
      <p><b>See:</b> {step.look}</p>
      {step.offer === 'practice' && !state.practice && (
        <button type="button" className="button button-play" aria-disabled={state.busy !== null} onClick={() => {
          if (state.busy === null) void desk.startPractice()
        }}>{state.busy === 'practice' ? 'Starting the nodes…' : 'Make the private network'}</button>
      )}
      {step.offer === 'lab' && state.practice && !hasLab && state.place.page !== 'post' && <PracticeLab />}
      {step.offer === 'mine' && state.practice && <MineBlocks />}
      <p className="button-row">
        {number > 0 && <button type="button" className="button button-quiet" onClick={() => show(number - 1)}><Icon name="left" size={14} />Back</button>}
        {goes && <button type="button" className="button button-plain" onClick={() => show(number)}>Go there as the {step.persona}</button>}
        {number < GUIDE.length - 1
          ? <button type="button" className={isDone ? 'button button-primary' : 'button button-plain'} onClick={() => show(number + 1)}>Next: {GUIDE[number + 1].title}</button>
          : <button type="button" className="button button-primary" onClick={() => desk.go({ step: null })}>Done</button>}
      </p>
    </section>
  )
}
