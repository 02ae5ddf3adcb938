import { useEffect, useRef } from 'react'
import { useShortcuts } from './actions/useShortcuts'
import { useApp } from './state/context'
import { Announcer } from './views/Announcer'
import { Footer } from './views/Footer'
import { Header } from './views/Header'
import { HowItWorks } from './views/HowItWorks'
import { LabView } from './views/LabView'
import { Notices } from './views/Notices'
import { StartView } from './views/StartView'

/** The whole page: what is set up, or what is running, and how to read it. */
export function App() {
  useShortcuts()
  const labId = useApp((state) => state.labId)
  const main = useRef<HTMLElement>(null)
  const shown = useRef(labId)
  useEffect(() => {
    // the view under the reader has been exchanged: begin at its top
    if (shown.current !== labId) main.current?.focus()
    shown.current = labId
  }, [labId])
  return (
    <>
      <a className="skip" href="#main" onClick={(event) => {
        event.preventDefault()
        main.current?.focus()
      }}>Skip to the lab</a>
      <Header />
      <main ref={main} tabIndex={-1} id="main">
        <Notices />
        {labId === null ? <StartView /> : <LabView key={labId} labId={labId} />}
        <HowItWorks />
      </main>
      <Footer />
      <Announcer />
    </>
  )
}
