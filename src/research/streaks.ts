// What comes in a row, and how much of it the lab goes on with before it waits for the person.

import type { Experiment } from '../history/types'
import type { Notice } from './gate'
import { BAD_REPLIES, REPETITIONS, repetitionNotice, STREAK, streakNotice, THOUGHTS, thoughtNotice } from './notices'
import { isRepetition, wasSkipped } from './outcomes'

export class Streaks {
  private failures = 0
  private repetitions = 0
  private thoughts = 0
  private badReplies = 0

  /** @returns what the person is told where the lab should wait after this row; else null */
  after(row: Experiment): Notice | null {
    this.badReplies = 0
    if (row.status === 'thought') return ++this.thoughts >= THOUGHTS ? thoughtNotice() : null
    this.thoughts = 0
    if (wasSkipped(row)) return null
    if (isRepetition(row)) return ++this.repetitions >= REPETITIONS ? repetitionNotice() : null
    this.repetitions = 0
    this.failures = row.status === 'keep' || row.status === 'discard' ? 0 : this.failures + 1
    return this.failures >= STREAK ? streakNotice(row) : null
  }

  /** Counts an answer that was of no use. @returns whether a model may be asked for another */
  mayAskAgain(): boolean {
    return ++this.badReplies < BAD_REPLIES
  }

  clear(): void {
    this.failures = this.repetitions = this.thoughts = this.badReplies = 0
  }
}
