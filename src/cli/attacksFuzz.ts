// The fuzzing of `npm run attacks -- --fuzz N`, against the box in a thread of its own, as the headless lab has it.

import { openWasm } from '../engine/backends/wasm/engine'
import { predictBytes } from '../engine/predict'
import { mutateDescription } from '../redteam/fuzz/descriptions'
import { fuzz, type FuzzTally, type FuzzTarget } from '../redteam/fuzz/fuzz'
import { mutateSource } from '../redteam/fuzz/sources'
import { HONEST } from '../redteam/programs'
import { defaultProgram } from '../sandbox/defaultProgram'
import { createThreadBox } from '../sandbox/nodeBox'
import { programOf } from '../sandbox/programOf'
import { readAnswer } from '../sandbox/readAnswer'

const VOCAB = 260
const MEMORY_BYTES = 2 ** 30

/** Tries `count` programs, then `count` descriptions. */
export async function fuzzReports(count: number, seed: number, say: (text: string) => void) {
  const box = createThreadBox(new URL('./boxThread.js', import.meta.url))
  const spawn = () => {
    throw new Error('one thread needs no other')
  }
  const { caps } = await openWasm({ threads: 1, shared: false, spawn })
  const request = (source: string) => ({ source, vocab: VOCAB, tier: 'software' as const })
  const target: FuzzTarget = {
    describe: (source) => box.describe(request(source)),
    hear: async (message) => programOf(readAnswer(message), request('')),
    size: (program) => predictBytes(program, { vocab: VOCAB, adapter: { caps }, evaluation: { context: 32, tokens: 2048 }, memoryBytes: MEMORY_BYTES }),
  }
  const progress = (done: number) => {
    if (done % 500 === 0) say(`${done} of ${count}`)
  }
  try {
    const sources = [HONEST, defaultProgram('software'), defaultProgram('discrete')]
    const valid = await Promise.all(sources.map((source) => target.describe(source)))
    return [
      report(await fuzz('programs', count, seed, target, (rng) => mutateSource(sources[rng.int(sources.length)], rng), progress)),
      report(await fuzz('graphs', count, seed, target, (rng) => mutateDescription(valid[rng.int(valid.length)], rng), progress)),
    ]
  } finally {
    box.close()
  }
}

function report(tally: FuzzTally) {
  const { kind, tried, accepted, refused, escapes, hangs, unnamed, slowestMs } = tally
  const codes = Object.entries(refused).map(([code, n]) => `${n} ${code}`).join(', ')
  const faults = [...escapes, ...hangs, ...unnamed]
  const summary = [
    `${tried} ${kind} at random: ${escapes.length} escapes, ${hangs.length} hangs, ${unnamed.length} failures without a name; the slowest took ${Math.round(slowestMs)} ms.`,
    `${accepted} accepted; refused: ${codes}.`,
    ...faults.slice(0, 20),
  ].join('\n')
  return { ...tally, clean: faults.length === 0, summary }
}
