// What the fields of bounty.json are called, and what can be wrong with one, for whoever fills in the form or got the file.

import type { z } from 'zod'

/** By path; # is the place in a list. */
const FIELDS: Record<string, string> = {
  version: 'The version', title: 'The title', description: 'The description', targetFiles: 'The list of files that may change',
  task: 'The task', 'task.version': 'The version of the task', 'task.name': 'The name of the task', 'task.dataset': 'The data', 'task.tokenizer': 'The tokenizer',
  'task.metric': 'What is measured', 'task.direction': 'Which score is better', 'task.budget': 'The budget of a run', 'task.budget.kind': 'The budget of a run', 'task.budget.amount': 'The tokens of a run',
  'task.evaluation': 'The evaluation', 'task.evaluation.context': 'The context of the evaluation', 'task.evaluation.tokens': 'The tokens of the evaluation',
  'task.keepRule': 'The keep rule', 'task.guards': 'The limits of a run', 'task.guards.maxWallSeconds': 'The time limit of a run', 'task.guards.maxBytes': 'The memory limit of a run',
  baseline: 'The baseline', 'baseline.trainJs': 'The program to improve', 'baseline.sha256': 'The hash of the program to improve', 'baseline.valBpb': 'The score of the baseline',
  targetImprovementBpb: 'The improvement asked for', poolSat: 'The pool', slices: 'The number of slices', nowShare: 'The share that is paid at once',
  stabilityDelaySeconds: 'The delay before the re-check', deadline: 'The deadline', lock: 'The lock time', 'lock.minCltv': 'The least lock time', 'lock.maxCltv': 'The longest lock time',
  escrow: 'How safe the money is', money: 'The kind of money', accessFeeSat: 'The access fee', materialsUrl: 'The address of the materials',
  rules: 'The rules', 'rules.maxDiffBytes': 'The limit of changed bytes', 'rules.maxDiffLines': 'The limit of changed lines', 'rules.forbidden': 'The list of forbidden texts',
  'rules.forbidden.#': 'Forbidden text #', 'rules.maxSubmissionsPerKey': 'The limit of submissions', 'rules.maxSimilarity': 'The likeness to an earlier submission',
  verifiers: 'The list of verifiers', 'verifiers.#': 'The key of verifier #', coordinatorFeePercent: 'The verifiers’ fee',
  heldOut: 'The held-out text', 'heldOut.#': 'Held-out text #', seeds: 'The number of fresh seeds', toleranceBpb: 'The tolerance',
} // prettier-ignore

/** "The key of verifier 2"; what lies deeper than the names go stands behind in brackets. */
export function fieldName(path: readonly PropertyKey[]): string {
  for (let known = path.length; known > 0; known--) {
    const name = FIELDS[path.slice(0, known).map((key) => (typeof key === 'number' ? '#' : String(key))).join('.')]
    if (!name) continue
    const place = path[known - 1]
    const rest = path.slice(known).map(String).join('.')
    return `${name.replace('#', String(Number(place) + 1))}${rest === '' ? '' : ` (${rest})`}`
  }
  return 'The file'
}

const KINDS: Record<string, string> = { string: 'a text', number: 'a number', int: 'a whole number', object: 'a group of fields', array: 'a list', tuple: 'a list', boolean: 'true or false' }
const PARTS: Record<string, string> = { string: ' characters', array: ' entries' }
const MOST_KEYS = 3
const MOST_KEY_CHARS = 40

/** What is wrong with a value, to stand behind the name of its field. What was written in the file is quoted in part at most. */
export function inWords(issue: z.core.$ZodRawIssue): string {
  const { code, input } = issue
  if (Number.isNaN(input)) return 'must be filled in' // an empty field of a form; JSON has no such number
  if (input === undefined) return 'is missing'
  if (code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? issue.expected}`
  if (code === 'too_small' && issue.minimum === 1 && PARTS[issue.origin]) return 'must not be empty'
  if (code === 'too_small') return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`
  if (code === 'too_big') return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`
  if (code === 'invalid_value') return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
  if (code === 'invalid_union') return 'is none that this version knows'
  if (code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, MOST_KEYS).map((key) => JSON.stringify(key.slice(0, MOST_KEY_CHARS)))
    return `has fields that are no part of a bounty: ${names.join(', ')}${issue.keys.length > MOST_KEYS ? ', …' : ''}`
  }
  return 'is not in order'
}

/** "be at least 1", "have at most 120 characters" */
function bound(origin: string, word: string, limit: number | bigint): string {
  const part = PARTS[origin]
  return `${part ? 'have' : 'be'} ${word} ${limit.toLocaleString('en')}${part ?? ''}`
}
