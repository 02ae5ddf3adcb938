// What the loop tells the person when it waits for one.

import { LabError } from '../core/errors'
import type { Experiment } from '../history/types'
import type { Notice } from './gate'
import type { EndState } from './guide/types'

/** Failures in a row after which the lab waits for the person. */
export const STREAK = 5
/** Programs in a row that had all been tried: they cost nothing, but a researcher that has no other will have none later. */
export const REPETITIONS = 20

/** Analyses in a row without a program: words alone do not train. */
export const THOUGHTS = 3

/** Proposals in a row that no program came of, each after a second try: a small model may do better the next time. */
export const BAD_REPLIES = 3

export function baselineFailed(row: Experiment): LabError {
  const code = row.error?.code ?? 'lab.internal'
  return new LabError(code, `The starting program did not run: ${row.error?.message ?? row.reason}`, {
    hint: `Nothing can be compared before it runs. ${row.error?.hint ?? ''} Change train.js, queue it, press Resume.`,
  })
}

export function streakNotice(row: Experiment): Notice {
  return {
    level: 'warning',
    message: `${STREAK} experiments in a row failed; the last: ${row.reason}`,
    hint: 'Look at the failures, change train.js or program.md if they have one cause, and press Resume.',
  }
}

export function repetitionNotice(): Notice {
  return {
    level: 'warning',
    message: `The researcher proposed ${REPETITIONS} programs in a row that had been tried, in these or other words.`,
    hint: 'Add knobs to train.js, widen their ranges, queue a program of your own, or choose another researcher.',
  }
}

export function thoughtNotice(): Notice {
  return {
    level: 'warning',
    message: `The researcher wrote ${THOUGHTS} analyses in a row and proposed nothing.`,
    hint: 'Say in program.md or in a note what should be tried, or choose another researcher, and press Resume.',
  }
}

export function badReplyNotice({ message }: LabError): Notice {
  return {
    level: 'warning',
    message,
    hint: `Nothing to do: it is asked again, and after ${BAD_REPLIES} such answers in a row the lab waits for you.`,
  }
}

export function endNotice({ kind, evidence }: EndState): Notice {
  return {
    level: kind === 'BLOCKED' ? 'warning' : 'info',
    message: kind === null ? evidence : `${kind}: ${evidence}`,
    hint: 'Raise the limit or queue a program of your own and start again, or start a new lab.',
  }
}
