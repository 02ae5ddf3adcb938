import { ActionButton } from '../actions/ActionButton'
import type { AdapterInfo } from '../../judge/types'
import { useApp } from '../state/context'
import { ExportMenu } from './ExportMenu'
import { Mark } from './Mark'
import { ThemeToggle } from './ThemeToggle'

/** Which adapter trains, in a few words: 'SwiftShader · software tier'. */
export function adapterName(adapter: AdapterInfo): string {
  const name = adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') || 'GPU'
  return /swiftshader/i.test(name) ? 'SwiftShader' : name
}

export function Header() {
  const labId = useApp((state) => state.labId)
  const adapter = useApp((state) => state.adapter)
  return (
    <header className="header">
      <div className="brand">
        <Mark />
        <span className="wordmark">Assay</span>
      </div>
      <p className="adapter" title={`The graphics adapter that trains the models${adapter?.tuning ? `; its kernels are set ${adapter.tuning}` : ''}`}>
        {adapter && <><span className="adapter-name">{adapterName(adapter)}</span> · {adapter.tier} tier</>}
      </p>
      <div className="header-tools">
        {labId !== null && <ActionButton id="newLab" icon="plus" />}
        {labId !== null && <ExportMenu />}
        <ThemeToggle />
      </div>
    </header>
  )
}
