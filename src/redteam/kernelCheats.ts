// Cheats by custom kernel: one small kernel in the place of a layer.

import type { ProgramSpec } from '../graph/program'
import { modelWith } from './programs'
import type { Cheat, Finding, Ground } from './types'
import { NEEDS_GPU, refused, sameScore, unscored } from './walls'

interface KernelCheat extends Pick<Cheat, 'id' | 'title' | 'tries'> {
  forward: string
  backward?: string
  /** it is refused before anything runs */
  refusedBy?: RegExp
  /** it runs, and gives no score */
  unscoredBy?: RegExp
  /** a forward that scores the same bits: what the cheat wants to see is not there */
  sameAs?: string
}

const IDENTITY = 'fn backward(t: u32, lane: u32) { add_dx(lane, dy(lane)); }'

const programOf = (forward: string, backward: string) =>
  modelWith(`const y = g.wgsl({ name: 'cheat', per: 'row', inputs: { x }, output: [16], lanes: 16,
forward: ${JSON.stringify(forward)}, backward: ${JSON.stringify(backward)} })
return head(y)`)

/** A cheat of one kernel, with whichever wall it says should stop it. */
export function kernelCheat({ forward, backward = IDENTITY, refusedBy, unscoredBy, sameAs, ...facts }: KernelCheat): Cheat {
  const attempt = async (ground: Ground): Promise<Finding> => {
    const described = ground.describe(programOf(forward, backward))
    if (refusedBy) return refused(described, refusedBy)
    if (!(await ground.hasGpu())) return NEEDS_GPU
    const run = async (program: ProgramSpec) => ground.run(program, true)
    const program = await described
    if (unscoredBy) return unscored(run(program), unscoredBy)
    const honest = await run(await ground.describe(programOf(sameAs!, backward)))
    return sameScore(await run(program), honest, 'what the same kernel scores that stays within its own tokens, to the last bit')
  }
  return { family: 'kernel', ...facts, attempt }
}
