import { useDesk, useDeskState } from '../../state/bountyContext'
import { PERSONA_NAMES } from '../../state/bountyWords'
import { Banner } from '../Notices'

/** What went wrong on the money side, each with what to do about it. */
export function Problems() {
  const desk = useDesk()
  const problems = useDeskState((state) => state.problems)
  if (problems.length === 0) return null
  return (
    <div className="bounty-problems">
      {problems.map(({ id, persona, error }) => (
        <Banner
          key={id}
          notice={{ level: 'error', message: persona === 'me' ? error.message : `${PERSONA_NAMES[persona]}: ${error.message}`, hint: error.hint }}
          onClose={() => desk.dismiss(id)}
        />
      ))}
    </div>
  )
}
