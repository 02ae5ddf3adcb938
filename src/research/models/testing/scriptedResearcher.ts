// Answers for the scripted server that a lab can work with: it turns one knob a proposal, says one line of every run, and
// writes one lesson. What is asked is told by the schema that comes with the question.

import type { Asked } from './scriptedServer'

export interface Turned {
  name: string
  value: number | string | boolean
}

/** @param turn the knob of the k-th proposal, from 0 */
export function scriptedResearcher(turn: (k: number) => Turned): (asked: Asked) => string {
  let proposals = 0
  return ({ schema }) => {
    const fields = Object.keys((schema as { properties?: object } | null)?.properties ?? {})
    if (fields.includes('reflection')) return JSON.stringify({ reflection: 'It came as predicted.' })
    if (fields.includes('lessons')) return JSON.stringify({ lessons: [{ subject: 'MATRIX_LR', lesson: 'Small steps are safe.' }] })
    const { name, value } = turn(proposals++)
    return JSON.stringify({
      hypothesis: `Another ${name} should train faster.`,
      description: `${name} to ${value}`,
      category: 'lr',
      expectedDelta: -0.01,
      probability: 0.3,
      edit: { form: 'knobs', values: [{ name, value }] },
    })
  }
}
