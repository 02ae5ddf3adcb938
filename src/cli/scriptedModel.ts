// npm run lab -- scripted-model: stands in for a language model, to try a researcher that asks one without a key. It
// answers over the wire as OpenAI's servers do, from a written list of moves that are known to help short runs, and of
// what it is told reads only the knobs and what has been tried. It has no wit: what it shows is that the rest works.

import type { Asked } from '../research/models/testing/scriptedServer'
import { startScriptedServer } from '../research/models/testing/scriptedServer'
import type { Terminal } from './report'

export const SCRIPTED_HELP = `Usage: npm run lab -- scripted-model [--port N]

Answers as a language model would, from a written list of sensible moves, until Ctrl-C. In another terminal:

  npm run lab -- --controller hybrid --model compatible/scripted --address http://127.0.0.1:4747/v1 --edits knobs

  --port N   (default: 4747)`

type Value = number | string

interface Idea {
  knob: string
  category: string
  why: string
  /** a factor on a number, or the value to choose */
  by?: number
  to?: Value
}

/** In the order in which they are tried; one that was kept is tried again from where it led. */
const IDEAS: readonly Idea[] = [
  { knob: 'TOKEN_MIX', to: 'conv', category: 'attention', why: 'A block that sees the tokens just before learns short patterns at once.' },
  { knob: 'MATRIX_LR', by: 1.5, category: 'lr', why: 'A run of few steps must cover ground.' },
  { knob: 'ROWS', by: 0.5, category: 'batch', why: 'A fixed number of tokens gives more steps to smaller batches.' },
  { knob: 'MOMENTUM_STEPS', by: 0.1, category: 'optimizer', why: 'A slow ramp never reaches its full momentum in a short run.' },
  { knob: 'UNEMBEDDING_LR', by: 2, category: 'lr', why: 'The head starts near zero and has far to go.' },
  { knob: 'EMBEDDING_LR', by: 1.5, category: 'lr', why: 'Each row of the table is touched rarely.' },
  { knob: 'ADAM_BETA1', to: 0.9, category: 'optimizer', why: 'A longer memory averages out small batches.' },
  { knob: 'WIDTH', by: 1.25, category: 'width', why: 'A wider model learns more from each token.' },
  { knob: 'WARMDOWN_RATIO', to: 0.7, category: 'schedule', why: 'A longer cool-down settles the weights before they are scored.' },
  { knob: 'WEIGHT_DECAY', by: 0.5, category: 'regularisation', why: 'Nothing is overfitted in a run this short.' },
  { knob: 'SCALAR_LR', by: 1.6, category: 'lr', why: 'The mixing scalars find their place sooner.' },
  { knob: 'SOFTCAP', by: 1.5, category: 'stability', why: 'A looser cap lets sure predictions be surer.' },
  { knob: 'ACTIVATION', to: 'swiglu', category: 'activation', why: 'A gate chooses what passes.' },
  { knob: 'MATRIX_LR', by: 0.67, category: 'lr', why: 'Smaller steps overshoot less.' },
  { knob: 'EMBEDDING_LR', by: 0.67, category: 'lr', why: 'Frequent tokens may be overshooting.' },
  { knob: 'ROWS', by: 2, category: 'batch', why: 'Larger batches give cleaner gradients.' },
]

/** Starts the server and says where it is; resolves when it is stopped. */
export async function scriptedModel(port: number, terminal: Terminal, stop: AbortSignal): Promise<void> {
  const server = await startScriptedServer((asked) => answerTo(asked), { port })
  terminal.write(`Answering at ${server.address}\n`)
  await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
  await server.close()
}

/** A proposal, or words on a run, as the schema asks. */
export function answerTo({ schema, prompt }: Pick<Asked, 'schema' | 'prompt'>): string {
  const fields = Object.keys((schema as { properties?: object } | null)?.properties ?? {})
  if (fields.includes('reflection')) return JSON.stringify({ reflection: 'It is written down, and says what the figures say.' })
  if (fields.includes('lessons')) return JSON.stringify({ lessons: [] })
  const knobs = knobsIn(prompt)
  for (const idea of IDEAS) {
    const knob = knobs.get(idea.knob)
    const value = knob && movedBy(idea, knob)
    if (!knob || value === undefined || value === null) continue
    const description = `${idea.knob} ${knob.value} → ${value}`
    if (prompt.includes(description)) continue
    return proposal(idea, description, value)
  }
  const [name, knob] = [...knobs][0] ?? ['', { value: '' }]
  return proposal({ knob: name, category: 'other', why: 'Every idea of the list has been tried.' }, 'nothing new', knob.value)
}

function proposal({ knob, category, why }: Idea, description: string, value: Value): string {
  const edit = { form: 'knobs', values: [{ name: knob, value }] }
  return JSON.stringify({ hypothesis: why, description, category, expectedDelta: -0.02, probability: 0.3, edit })
}

interface Shown {
  value: Value
  min: number
  max: number
}

/** Lines such as "MATRIX_LR = 0.04: a number on a log scale from 0.002 to 0.4". */
function knobsIn(prompt: string): Map<string, Shown> {
  const lines = prompt.matchAll(/^([A-Z][A-Z0-9_]*) = ([^:\n]+): ([^;\n]*)/gm)
  return new Map([...lines].map(([, name, value, space]) => {
    const [min, max] = /from (\S+) to (\S+)$/.exec(space)?.slice(1).map(Number) ?? [NaN, NaN]
    return [name, { value: Number.isNaN(Number(value)) ? value : Number(value), min, max }]
  })) // prettier-ignore
}

/** Null where it would not move. */
function movedBy({ by, to }: Idea, { value, min, max }: Shown): Value | null {
  if (to !== undefined) return to === value ? null : to
  if (typeof value !== 'number' || by === undefined || Number.isNaN(min)) return null
  const moved = Number(Math.min(max, Math.max(min, value * by)).toPrecision(3))
  const next = Number.isInteger(value) && Number.isInteger(min) ? Math.max(1, Math.round(moved)) : moved
  return next === value ? null : next
}
