import { useEffect, useRef, useState } from 'react'
import { useSession } from '../state/context'
import { NOWHERE, readHash, writeHash } from '../state/urlHash'
import { Icon } from './Icon'
import { saveFile } from './saveFile'

/** What can be taken away: the repository, the table, the setup as an address. */
export function ExportMenu() {
  const session = useSession()
  const [open, setOpen] = useState(false)
  const [done, setDone] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const trigger = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    if (!open) return undefined
    const onPointer = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', onPointer)
    return () => removeEventListener('pointerdown', onPointer)
  }, [open])

  const take = (label: string, work: () => Promise<void>) => async () => {
    setOpen(false)
    trigger.current?.focus()
    if (await session.attempt('export', work)) setDone(label)
  }

  return (
    <div
      className="menu"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        setOpen(false)
        trigger.current?.focus()
      }}
      onBlur={(event) => {
        if (event.relatedTarget && !box.current?.contains(event.relatedTarget as Node)) setOpen(false)
      }}
    >
      <button
        type="button"
        ref={trigger}
        className="button button-plain"
        aria-expanded={open}
        aria-controls="export-menu"
        onClick={() => setOpen(!open)}
      >
        <Icon name="download" />Export
      </button>
      <ul id="export-menu" className="menu-list" aria-label="Export" hidden={!open}>
        <li>
          <button type="button" onClick={take('Repository saved.', async () => {
            const { name, bytes } = await session.client.api.exportZip()
            saveFile(name, bytes as Uint8Array<ArrayBuffer>, 'application/zip')
          })}>
            <Icon name="file" /><span><b>Repository (.zip)</b><small>every attempt as a git commit</small></span>
          </button>
        </li>
        <li>
          <button type="button" onClick={take('results.tsv saved.', async () => {
            saveFile('results.tsv', await session.client.api.exportResults(), 'text/tab-separated-values')
          })}>
            <Icon name="file" /><span><b>results.tsv</b><small>one line an experiment</small></span>
          </button>
        </li>
        <li>
          <button type="button" onClick={take('Address copied.', async () => {
            const setup = writeHash(readHash(location.hash).draft, NOWHERE)
            await navigator.clipboard.writeText(location.href.split('#')[0] + (setup ? `#${setup}` : ''))
          })}>
            <Icon name="link" /><span><b>Copy setup as address</b><small>settings only, no results</small></span>
          </button>
        </li>
      </ul>
      <span className="visually-hidden" role="status">{done}</span>
    </div>
  )
}
