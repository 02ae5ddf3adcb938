// A lab that is measured in seconds and is easy to improve: what a practice bounty can be about.

import type { LabSettings } from '../../worker/protocol'
import { BUILT_IN } from './settings'

/** Small enough for any machine, enough for a learning rate to show whatever the seed: half of it is mostly luck. */
const TOKENS = 40_000
/** Far too low, on purpose: the usual rate is a gain that everybody finds. */
const SLOW_RATE = '0.004'

/** The usual program, learning far too slowly. */
export function slowed(trainJs: string): string {
  return trainJs.replace(/(\bMATRIX_LR\s*=\s*knob\()\s*[\d.e-]+/, `$1${SLOW_RATE}`)
}

/** Its baseline is measured at once; then it waits for a person. */
export function practiceLab({ trainJs, programMd }: { trainJs: string; programMd: string }): LabSettings {
  return {
    name: 'Practice lab: learns too slowly',
    dataset: BUILT_IN,
    tokenizer: { kind: 'bytes' },
    budget: { kind: 'tokens', amount: TOKENS },
    keepRule: { kind: 'plain', repeats: 1, floorBpb: 0.001 },
    controller: 'human',
    maxExperiments: null,
    seed: 1,
    programMd,
    trainJs: slowed(trainJs),
  }
}
