import { useEffect, useRef } from 'react'
import { SECTIONS, sectionOf } from '../sections'
import { useApp } from '../state/context'
import { SectionLink } from './SectionLink'

/** The page's sections; a dot says that the lab works while another one is read. */
export function Navigation() {
  const shown = sectionOf(useApp((state) => state.view))
  const isRunning = useApp((state) => state.status.phase === 'running')
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    // on a narrow screen the row scrolls
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [shown])
  return (
    <nav ref={nav} className="sections" aria-label="Sections">
      <ul>
        {SECTIONS.map((section) => (
          <li key={section.id}>
            <SectionLink id={section.id} current={section === shown}>
              {section.label}
              {section.id === 'lab' && isRunning && section !== shown && (
                <><i className="pulse pulse-live" aria-hidden="true" /><span className="visually-hidden"> (running)</span></>
              )}
            </SectionLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
