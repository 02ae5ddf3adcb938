import { lazy, Suspense, useState } from 'react'
import type { LabRecord } from '../../history/types'
import { useApp, useSession } from '../state/context'
import { Icon } from './Icon'
import { ProgramActions } from './ProgramActions'

const CodeEditor = lazy(() => import('./CodeEditor'))

const FILES = [
  { id: 'trainJs', name: 'train.js', language: 'javascript', note: 'The only file the researcher may change: model, optimiser, schedule, knobs.' },
  { id: 'programMd', name: 'program.md', language: 'markdown', note: 'Yours: what to look for, in words. It is committed with every attempt.' },
] as const
type FileId = (typeof FILES)[number]['id']

/** program.md and train.js, closed until wanted so that the editor is not part of the first load. */
export function ProgramSection({ labId, lab }: { labId: string | null; lab: LabRecord | null }) {
  const { store } = useSession()
  const [file, setFile] = useState<FileId>('trainJs')
  const [opened, setOpened] = useState(false)
  const defaults = useApp((state) => state.defaults)
  const edited = useApp((state) => state.edited)
  const saved = lab ?? (labId === null ? defaults : null)
  const current = FILES.find((entry) => entry.id === file)!
  const text = edited[file] ?? saved?.[file] ?? null

  return (
    <details className="card program" onToggle={(event) => {
      if (event.currentTarget.open) setOpened(true)
    }}>
      <summary>
        <h2>Program</h2>
        <span className="note">Read and edit <code>train.js</code> and <code>program.md</code></span>
        <Icon name="down" />
      </summary>
      <div className="tabs" role="tablist" aria-label="Files" onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        setFile(file === 'trainJs' ? 'programMd' : 'trainJs')
        const other = event.currentTarget.querySelector<HTMLElement>('[aria-selected="false"]')
        other?.focus()
      }}>
        {FILES.map(({ id, name }) => (
          <button key={id} type="button" role="tab" id={`tab-${id}`} aria-controls="program-panel"
            aria-selected={id === file} tabIndex={id === file ? 0 : -1} onClick={() => setFile(id)}>
            {name}{edited[id] !== null && <span className="edited-dot"> (edited)</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="program-panel" aria-labelledby={`tab-${file}`}>
        <p className="note">{current.note}</p>
        <div className="editor-frame">
          {opened && text !== null && (
            <Suspense fallback={<p className="note">Loading the editor…</p>}>
              <CodeEditor
                key={`${labId}-${file}`}
                label={current.name}
                language={current.language}
                text={text}
                onChange={(next) => store.dispatch({ kind: 'edit', change: { [file]: next === saved?.[file] ? null : next } })}
              />
            </Suspense>
          )}
          {opened && text === null && <p className="note">The program appears once the adapter is known.</p>}
        </div>
        <ProgramActions file={file} labId={labId} lab={lab} text={text} isEdited={edited[file] !== null} />
      </div>
    </details>
  )
}
