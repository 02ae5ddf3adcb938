import type { Answer, Question } from '../../../worker/researchProtocol'
import { useSession } from '../../state/context'
import { Icon } from '../Icon'
import { ApproveCard } from './ApproveCard'
import { PasteCard } from './PasteCard'

/** What the lab waits for a person to answer. It stands in the page, so that the record can be read meanwhile. */
export default function QuestionCard({ question, canAnswer }: { question: Question; canAnswer: boolean }) {
  const session = useSession()
  const answer = (given: Answer) => session.attempt('answer', () => session.client.api.answer(question.id, given))
  return (
    <section className="card question" aria-labelledby="question-title" id="question">
      <h2 id="question-title" tabIndex={-1}><Icon name="ask" />{question.kind === 'paste' ? 'Take this question to a chat' : 'Run this proposal?'}</h2>
      {!canAnswer && <p className="note">The tab that leads waits for the answer.</p>}
      {question.kind === 'paste'
        ? <PasteCard question={question} canAnswer={canAnswer} onAnswer={answer} />
        : <ApproveCard question={question} canAnswer={canAnswer} onAnswer={answer} />}
    </section>
  )
}
