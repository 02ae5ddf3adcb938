import { ActionButton } from '../actions/ActionButton'
import { useApp } from '../state/context'
import { engineName } from '../state/engine'
import { ExportMenu } from './ExportMenu'
import { Mark } from './Mark'
import { ThemeToggle } from './ThemeToggle'

export function Header() {
  const labId = useApp((state) => state.labId)
  const adapter = useApp((state) => state.adapter)
  return (
    <header className="header">
      <div className="brand">
        <Mark />
        <span className="wordmark">Assay</span>
      </div>
      <p className="adapter" title={`What trains the models${adapter?.description ? `: ${adapter.description}` : ''}${adapter?.tuning ? `; its kernels are set ${adapter.tuning}` : ''}`}>
        {adapter && <><span className="adapter-name">{engineName(adapter)}</span>{adapter.backend === 'webgpu' && ` · ${adapter.tier} tier`}</>}
      </p>
      <div className="header-tools">
        {labId !== null && <ActionButton id="newLab" icon="plus" />}
        {labId !== null && <ExportMenu />}
        <ThemeToggle />
      </div>
    </header>
  )
}
