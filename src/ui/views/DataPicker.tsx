import { useState } from 'react'
import type { DatasetSource } from '../../data/types'
import { useSession } from '../state/context'
import { BUILT_IN } from '../state/settings'
import { Choice } from './Choice'
import { FileDrop } from './FileDrop'
import { UrlFields } from './UrlFields'

type Kind = 'grammar' | 'text' | 'url'

const KINDS = [
  { value: 'grammar', label: 'Built-in stories' },
  { value: 'text', label: 'A file' },
  { value: 'url', label: 'An address' },
] as const

/** Where the text comes from: built in, a file of the person's own, or an address. */
export function DataPicker({ source, onChange }: { source: DatasetSource; onChange: (source: DatasetSource) => void }) {
  const [kind, setKind] = useState<Kind>(source.kind)
  const choose = (next: Kind) => {
    setKind(next)
    if (next === 'grammar') onChange(BUILT_IN)
  }
  return (
    <div className="data-picker">
      <Choice
        name="data"
        legend="Text to learn from"
        options={KINDS}
        value={kind}
        onChange={choose}
        note={kind === 'grammar' && 'Made here from a seeded grammar, so the lowest possible score is known exactly.'}
      />
      {kind === 'text' && <TextFile source={source} onChange={onChange} />}
      {kind === 'url' && <UrlFields source={source.kind === 'url' ? source : null} onChange={onChange} />}
    </div>
  )
}

function TextFile({ source, onChange }: { source: DatasetSource; onChange: (source: DatasetSource) => void }) {
  const session = useSession()
  const take = (file: File) => session.attempt('import', async () => {
    onChange(await session.client.api.importText(file.name, await file.arrayBuffer()))
    session.store.dispatch({ kind: 'notice', notice: null })
  })
  return (
    <FileDrop
      label="Choose a text file"
      accept="text/*,.txt,.md,.jsonl,.csv,.json"
      note={source.kind === 'text'
        ? <>Using <b>{source.name}</b>. It stays in this browser.</>
        : 'or drop one here. It stays in this browser. Until then the built-in stories are used.'}
      onFile={(file) => void take(file)}
    />
  )
}
