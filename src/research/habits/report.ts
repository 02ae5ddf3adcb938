// What the record says about the researchers themselves.

import type { Experiment } from '../../history/types'
import type { ResearchReport } from '../../worker/researchProtocol'
import { calibrationsOf, coverageOf } from './calibration'
import { importanceOf } from './importance'

/** Calibration, coverage, the knobs that matter and the present mode; a pure function of the rows. */
export function researchReport(rows: readonly Experiment[]): ResearchReport {
  const mode = rows.findLast((row) => row.guidance)?.guidance?.mode ?? null
  return { calibrations: calibrationsOf(rows), coverage: coverageOf(rows), importance: importanceOf(rows), mode }
}
