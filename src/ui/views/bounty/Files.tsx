import { useDesk, useDeskState, usePersona } from '../../state/bountyContext'
import { Icon } from '../Icon'
import { saveFile } from '../saveFile'

/** A bounty as files: its terms, or everything that was said about it. */
export function Files({ bounty }: { bounty: string }) {
  const desk = useDesk()
  const persona = usePersona()
  const busy = useDeskState((state) => state.busy)
  const save = (what: 'spec' | 'mail') => {
    if (busy !== null) return
    void desk.attempt('export', async () => {
      const { name, text } = await desk.api.exportBounty(persona, bounty, what)
      saveFile(name, text, 'application/json')
    })
  }
  return (
    <section className="card" aria-label="Files">
      <h2>Files</h2>
      <p className="button-row">
        <button type="button" className="button button-plain" onClick={() => save('spec')}><Icon name="download" />bounty.json</button>
        <button type="button" className="button button-plain" onClick={() => save('mail')}><Icon name="download" />Every message</button>
      </p>
      <p className="note">bounty.json has the terms, to post one like it. The messages are signed: whoever gets them can go on without any relay, under “From a file” on the board.</p>
    </section>
  )
}
