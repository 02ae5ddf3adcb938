import { ActionButton } from '../actions/ActionButton'
import { useApp } from '../state/context'
import { engineName } from '../state/engine'
import { ExportMenu } from './ExportMenu'
import { Mark } from './Mark'
import { Navigation } from './Navigation'
import { ThemeToggle } from './ThemeToggle'

export function Header() {
  const isLab = useApp((state) => state.labId !== null && state.view === 'lab')
  const adapter = useApp((state) => state.adapter)
  return (
    <header className="header">
      <div className="brand">
        <Mark />
        <span className="wordmark">Assay</span>
      </div>
      <Navigation />
      <p className="adapter" title={`What trains the models${adapter?.description ? `: ${adapter.description}` : ''}${adapter?.tuning ? `; its kernels are set ${adapter.tuning}` : ''}`}>
        {adapter && <><span className="adapter-name">{engineName(adapter)}</span>{adapter.backend === 'webgpu' && ` · ${adapter.tier} tier`}</>}
      </p>
      <div className="header-tools">
        {isLab && <ActionButton id="newLab" icon="plus" />}
        {isLab && <ExportMenu />}
        <ThemeToggle />
      </div>
    </header>
  )
}
