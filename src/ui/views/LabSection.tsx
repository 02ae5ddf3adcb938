import { useApp } from '../state/context'
import { LabView } from './LabView'
import { StartView } from './StartView'

/** What is set up, or the lab that is shown. */
export function LabSection() {
  const labId = useApp((state) => state.labId)
  return labId === null ? <StartView /> : <LabView key={labId} labId={labId} />
}
