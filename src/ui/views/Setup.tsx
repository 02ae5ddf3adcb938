import { useApp, useSession } from '../state/context'
import { budgetLabel } from '../state/settings'
import type { Draft } from '../state/settings'
import type { Budget } from '../../judge/task'
import { Choice } from './Choice'
import { DataPicker } from './DataPicker'
import { AdvancedSetup } from './AdvancedSetup'
import { ResearcherChoice } from './researcher/ResearcherChoice'

const TOKENIZERS = [
  { value: 'bytes', label: 'Bytes' },
  { value: '512', label: 'BPE 512' },
  { value: '1024', label: '1024' },
  { value: '4096', label: '4096' },
] as const

const SECONDS = [10, 30, 60, 300]

/** Everything that can be chosen before Start. */
export function Setup() {
  const { store } = useSession()
  const draft = useApp((state) => state.draft)
  const change = (part: Partial<Draft>) => store.dispatch({ kind: 'draft', change: part })
  return (
    <form className="card setup" aria-label="Setup" onSubmit={(event) => event.preventDefault()}>
      <DataPicker source={draft.dataset} onChange={(dataset) => change({ dataset })} />
      <Choice
        name="tokenizer"
        legend="Tokenizer"
        options={TOKENIZERS}
        value={draft.tokenizer.kind === 'bytes' ? 'bytes' : String(draft.tokenizer.vocab) as '512'}
        onChange={(value) => change({ tokenizer: value === 'bytes' ? { kind: 'bytes' } : { kind: 'bpe', vocab: Number(value) } })}
        note={draft.tokenizer.kind === 'bytes'
          ? 'Every byte is a token: nothing has to be learned first.'
          : 'Frequent strings become tokens, learned from the text before the first run.'}
      />
      <BudgetChoice budget={draft.budget} onChange={(budget) => change({ budget })} />
      <ResearcherChoice name="setup" value={draft} onChange={({ controller, researcher }) => change({ controller, researcher })} />
      <AdvancedSetup draft={draft} onChange={change} />
    </form>
  )
}

function BudgetChoice({ budget, onChange }: { budget: Budget | null; onChange: (budget: Budget) => void }) {
  const suggested = useApp((state) => state.defaults?.budget ?? null)
  const chosen = budget ?? suggested
  const amounts = new Set(SECONDS)
  for (const known of [suggested, budget]) if (known?.kind === 'seconds') amounts.add(known.amount)
  const options = [
    ...[...amounts].sort((a, b) => a - b).map((amount) => ({ value: String(amount), label: budgetLabel({ kind: 'seconds', amount }) })),
    { value: 'tokens', label: 'Tokens' },
  ]
  const tokens = chosen?.kind === 'tokens' ? chosen.amount : 200_000
  return (
    <Choice
      name="budget"
      legend="Training per run"
      options={options}
      value={chosen?.kind === 'tokens' ? 'tokens' : String(chosen?.amount)}
      onChange={(value) => onChange(value === 'tokens'
        ? { kind: 'tokens', amount: tokens }
        : { kind: 'seconds', amount: Number(value) })}
      note={chosen?.kind === 'tokens'
        ? (
          <>
            <label className="inline-number">
              <input
                type="number"
                min={1000}
                step={1000}
                value={tokens}
                onChange={(event) => {
                  const amount = Math.round(event.target.valueAsNumber)
                  if (amount >= 1) onChange({ kind: 'tokens', amount })
                }}
              />
              tokens a run
            </label>
            The same work on every machine.
          </>
        )
        : 'Training time only: compiling and evaluating are not counted.'}
    />
  )
}
