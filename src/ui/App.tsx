import { Suspense, useEffect, useRef } from 'react'
import { useShortcuts } from './actions/useShortcuts'
import { sectionOf } from './sections'
import { useApp } from './state/context'
import { Announcer } from './views/Announcer'
import { Boundary } from './views/Boundary'
import { Footer } from './views/Footer'
import { Header } from './views/Header'
import { Notices } from './views/Notices'

const TITLE = document.title

/** The whole page: what should be known first, and one section. */
export function App() {
  useShortcuts()
  const labId = useApp((state) => state.labId)
  const { id, label, View } = sectionOf(useApp((state) => state.view))
  const main = useRef<HTMLElement>(null)
  const place = `${id}/${id === 'lab' ? labId : ''}`
  const shown = useRef(place)
  useEffect(() => {
    document.title = id === 'lab' ? TITLE : `${label} · Assay`
    // what was under the reader has been exchanged: begin at its top
    if (shown.current !== place) {
      main.current?.focus()
      window.scrollTo(0, 0)
    }
    shown.current = place
  }, [place, id, label])
  return (
    <>
      <a className="skip" href="#main" onClick={(event) => {
        event.preventDefault()
        main.current?.focus()
      }}>Skip to the content</a>
      <Header />
      <main ref={main} tabIndex={-1} id="main">
        <Notices ofLab={id === 'lab'} />
        <Boundary key={place}>
          <Suspense fallback={<p className="note">Loading…</p>}>
            <View />
          </Suspense>
        </Boundary>
      </main>
      <Footer />
      <Announcer />
    </>
  )
}
