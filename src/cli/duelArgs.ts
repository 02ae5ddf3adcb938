// The command line of `npm run lab -- duel`.

import { invalid, LAB_OPTIONS, labArgs, oneOf, readOptions, whole, type LabArgs } from './args'

export interface DuelArgs {
  a: string
  b: string
  seeds: number
  fresh: number
  guide: 'on' | 'off'
  /** of each lab */
  lab: LabArgs
}

export const DUEL_HELP = `Usage: npm run lab -- duel A B [options]

Two researchers, A and B of CONTROLLERS,
on paired seeds and equal budgets: for each seed a lab each, from the same program and the same measured baseline.
The best of each is then trained again on fresh seeds that no decision has seen: the score it was chosen by has luck in it.

  --seeds K            pairs (default: 5; two-sided, six are the least that can show anything at 5 %)
  --experiments N      of each lab (default: 40)
  --budget AMOUNT      for each run (default: 20ktok; tokens, so that a run is the same to the bit)
  --fresh K            seeds on which the bests are measured again (default: 3)
  --guide on|off       whether the lab's own modes, orders and moves are around both (default: off)
  --out DIR            a folder for each lab, and duel.json with the report; run again to go on (default: duel-out)
  and --data, --val, --tokenizer, --rule, --seed, --backend, --min-speed, --memory, --json, and --model with what belongs to it,
  as for npm run lab; limits of models are for each lab

Ctrl-C keeps what has been measured; the same command goes on, and one with more --seeds adds pairs.`

const OPTIONS = { ...LAB_OPTIONS, seeds: { type: 'string' }, fresh: { type: 'string' }, guide: { type: 'string' } } as const

/**
 * @param argv what follows "duel"
 * @throws LabError "import.invalid" naming the option and what it takes
 */
export function parseDuelArgs(argv: readonly string[], controllers: readonly string[]): DuelArgs {
  const { values, positionals } = readOptions(argv, OPTIONS, true)
  const { seeds = '5', fresh = '3', guide = 'off', ...given } = values
  if (given.controller !== undefined) throw invalid('A duel takes no --controller.', 'Name two: npm run lab -- duel random evolution.')
  const lab = labArgs({ ...given, experiments: given.experiments ?? '40', budget: given.budget ?? '20ktok', out: given.out ?? 'duel-out' }, controllers)
  const named = lab.help ? ['', ''] : positionals
  if (named.length !== 2) throw invalid('A duel is between two researchers.', 'Name both: npm run lab -- duel random evolution.')
  const [a, b] = lab.help ? named : named.map((name) => oneOf('The researcher', name, controllers))
  if (a === b && !lab.help) throw invalid('A researcher and itself would differ by nothing.', 'Name two.')
  return { a, b, seeds: whole('--seeds', seeds, 1), fresh: whole('--fresh', fresh, 1), guide: oneOf('--guide', guide, ['on', 'off'] as const), lab }
}
