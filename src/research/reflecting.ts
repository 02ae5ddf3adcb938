// After a run: one line on what it taught, and every ten runs new standing lessons. The researcher writes them where it
// can; otherwise, and where it fails, the figures do. What a cut left out is made up for before the next proposal.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import { noticeOf } from './gate'
import type { LabBook } from './labBook'
import type { LoopDeps } from './loop'
import { keepEdits, LESSONS_EVERY, lessonsOf } from './memory/lessons'
import { reflectionOf } from './memory/reflection'
import type { Cost } from './models/types'
import { isTry, triesOf } from './outcomes'
import type { Researcher } from './asking'
import { Interrupted } from './runner'
import { rowCost } from './spending'

export interface Reflection {
  /** A finished row with its line, where no model writes it: then it is part of the decision. */
  ofFigures(row: Experiment): Experiment
  /** Writes what is due and missing. @throws Interrupted, store.* */
  catchUp(): Promise<void>
}

interface ReflectionDeps extends Pick<LoopDeps, 'onEvent'> {
  book: LabBook
  researcher: Researcher
}

/** The words that follow the figures, for one lab. */
export function createReflection({ book, researcher, onEvent }: ReflectionDeps): Reflection {
  const fromFigures = (row: Experiment) => reflectionOf(row, book.rows, book.lab)

  /** What the model wrote, or null: then the person is told, and the figures speak. */
  async function written(work: () => Promise<{ text: string; cost: Cost } | null>) {
    try {
      return await work()
    } catch (thrown) {
      if (thrown instanceof Interrupted) throw thrown
      const error = LabError.from(thrown)
      if (!error.code.startsWith('controller.') && !error.code.startsWith('key.')) throw thrown
      onEvent({ kind: 'notice', notice: noticeOf(error, 'warning'), error })
      return null
    }
  }

  async function reflect(row: Experiment): Promise<void> {
    const said = await written(() => researcher.reflect(row))
    const reflection = said?.text.trim() || fromFigures(row)
    const reflected = { ...row, reflection, ...rowCost(row.cost, said?.cost) }
    await book.annotate(reflected, () => ({}))
    onEvent({ kind: 'row', row: reflected })
  }

  async function learn(lessonsAt: number): Promise<void> {
    const said = await written(() => researcher.learn())
    const text = said?.text.trim() || lessonsOf(book.rows, book.lab)
    await book.patch((lab) => ({ ...keepEdits(text, lab), lessonsAt }))
  }

  return {
    ofFigures(row) {
      return isTry(row) && !researcher.reflects ? { ...row, reflection: fromFigures(row) } : row
    },
    async catchUp() {
      const last = book.rows.at(-1)
      if (last && isTry(last) && last.reflection === undefined) await reflect(last)
      const tries = triesOf(book.rows).length
      if (tries > 0 && tries % LESSONS_EVERY === 0 && book.lab.lessonsAt !== tries) await learn(tries)
    },
  }
}
