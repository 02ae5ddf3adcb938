// What the person tells a lab while it is at work: who proposes, notes, lessons, papers, answers, and whether to be asked.

import { LabError } from '../core/errors'
import type { Loop } from '../research/loop'
import type { LabSession } from './labSession'
import type { ResearchApi } from './researchProtocol'

const MOST_NOTES = 20
const MOST_PAPERS = 10
const NOTE_CHARACTERS = 4000
const LESSON_CHARACTERS = 20_000
const PAPER_CHARACTERS = 400_000

type PersonDesk = Pick<ResearchApi, 'setResearcher' | 'setApproval' | 'setEnds' | 'answer' | 'addNote' | 'setLessons' | 'addPaper'>

/**
 * @param command runs on the loop of the lab that commands go to
 * @param session that lab
 */
export function createPersonDesk(command: (run: (loop: Loop) => void | Promise<void>) => Promise<void>, session: () => LabSession): PersonDesk {
  return {
    setResearcher: (controller, spec) => command(() => session().useResearcher(controller, spec)),
    setApproval: (approval) => command((loop) => loop.change(() => ({ approval }))),
    setEnds: (maxExperiments, ends) => command((loop) => loop.change(() => ({ maxExperiments, ends }))),
    answer: (id, answer) => command((loop) => loop.answer(id, answer)),
    async addNote(text) {
      const note = bounded('The note', text.trim(), NOTE_CHARACTERS)
      if (note === '') throw new LabError('import.invalid', 'The note is empty.', { hint: 'Write what the researcher should know.' })
      return command((loop) => loop.change(({ notes = [] }) => ({ notes: [...notes, note].slice(-MOST_NOTES) })))
    },
    async setLessons(text) {
      const lessons = bounded('The lessons', text, LESSON_CHARACTERS)
      return command((loop) => loop.change(() => ({ lessons })))
    },
    async addPaper(name, text) {
      const paper = { name: name.trim().slice(0, 200) || 'A paper', text: bounded('The paper', text.trim(), PAPER_CHARACTERS) }
      if (paper.text === '') throw new LabError('import.invalid', 'The paper has no text.', { hint: 'Drop a text file, or paste its text.' })
      // the same name again is the same paper, in another version
      return command((loop) => loop.change(({ papers = [] }) => ({ papers: [...papers.filter((known) => known.name !== paper.name), paper].slice(-MOST_PAPERS) })))
    },
  }
}

/** @throws LabError "import.invalid" for a text that is too long */
function bounded(what: string, text: string, most: number): string {
  if (text.length <= most) return text
  throw new LabError('import.invalid', `${what} has ${text.length} characters; at most ${most} are kept.`, { hint: 'Shorten it to what matters.' })
}
