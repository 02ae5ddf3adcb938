// What may be chosen of a transfer. Nothing heavy is imported: the page has it at once.

import { LabError } from '../../core/errors'
import type { DatasetSource } from '../../data/types'
import type { ArmName, TransferSpec } from '../../history/transfers'
import type { LabRecord } from '../../history/types'

export interface TransferOptions extends TransferSpec {
  /** settings besides the lab's own, in this order */
  arms: Exclude<ArmName, 'same'>[]
  /** pairs in each */
  seeds: number
  /** measure every kept program between baseline and best, too, where the limit has room for it */
  perChange: boolean
  /** expected seconds that may be spent; null for any */
  limitSeconds: number | null
}

/** What a person gets who asks for nothing else. */
export function defaultOptions({ task }: LabRecord): TransferOptions {
  return { arms: ['larger', 'longer', 'data'], scale: 2, longer: 4, dataset: otherDataset(task.dataset), seeds: 3, perChange: false, limitSeconds: null }
}

/** Another text than a lab's: other built-in stories for one on built-in stories, built-in stories for the rest. */
export function otherDataset(own: DatasetSource): DatasetSource {
  if (own.kind !== 'grammar') return { kind: 'grammar', seed: 1, bytes: 4_000_000 }
  return { ...own, seed: own.seed + 1000 }
}

/** @throws LabError "lab.state" for numbers that make no transfer */
export function checkOptions({ scale, longer, seeds, arms }: TransferOptions): void {
  const problem =
    !(scale >= 1.1 && scale <= 16) ? 'A model can be made 1.1 to 16 times as large.'
    : !(longer >= 1.1 && longer <= 100) ? 'A budget can be made 1.1 to 100 times as long.'
    : !(Number.isInteger(seeds) && seeds >= 1 && seeds <= 20) ? 'There can be 1 to 20 seeds.'
    : arms.length === 0 || new Set(arms).size < arms.length ? 'Name at least one setting, each once.'
    : null
  if (problem) throw new LabError('lab.state', problem, { hint: 'Choose other numbers for the transfer.' })
}
