import { useState } from 'react'
import type { ListingView, PartView } from '../../../worker/bountyProtocol'
import { nextAction } from '../../state/bountyActions'
import { useDesk, useDeskState, usePerson, usePersona } from '../../state/bountyContext'
import { isOpen } from '../../state/bountyWords'
import { useLabs, useSession } from '../../state/context'
import { missingOrigins } from '../../state/reach'
import { Icon } from '../Icon'
import { AllowMaterials } from './AllowMaterials'
import { Review } from './Review'
import { SubmitPatch } from './SubmitPatch'
import { Words } from './Words'

/** The one thing to do now, large; what else is possible, below it. */
export function NextAction({ listing, parts, now }: { listing: ListingView; parts: PartView[]; now: number }) {
  const desk = useDesk()
  const session = useSession()
  const persona = usePersona()
  const { self, wallet } = usePerson()
  const busy = useDeskState((state) => state.busy)
  const [handing, setHanding] = useState(false)
  const { id, spec } = listing
  // the newest lab that was made of this bounty's task
  const labId = useLabs()?.find(({ bounty }) => bounty === id)?.labId ?? null
  const next = nextAction(listing, parts, self?.publicKey ?? '', labId, now)
  const play = spec.money === 'play'
  const isOutOfReach = spec.materialsUrl !== null && missingOrigins([spec.materialsUrl]).length > 0
  const isHunter = listing.author !== self?.publicKey && isOpen(listing, now) && (persona === 'me' || persona === 'hunter')
  const mayHunt = next.do === 'hunt' || next.do === 'submit' || (isHunter && parts.every(({ role }) => role === 'hunter'))

  const openLab = async (lab: string) => {
    // the worker may have shown it already, and then the page stays where it is
    if (await session.openLab(lab)) session.store.dispatch({ kind: 'view', view: 'lab' })
  }
  const hunt = () => desk.attempt('hunt', async () => openLab(await desk.api.hunt(persona, id)))
  const press = (work: () => Promise<unknown>) => () => {
    if (busy === null) void work()
  }
  const sponsored = parts.find(({ role }) => role === 'sponsor')
  return (
    <section className="card next" aria-labelledby="next-title">
      <h3 id="next-title">{next.do === 'wait' ? 'Now' : 'Next'}</h3>
      {next.do === 'wait' && <p className="next-wait"><Words text={next.text} play={play} /></p>}
      {next.do === 'review' && <Review part={sponsored!} submission={next.submission} listing={listing} />}
      {next.do === 'verify' && !isOutOfReach && (
        <Act label={busy === 'verify' ? 'Opening…' : 'Verify this bounty'} busy={busy} onPress={press(() => desk.attempt('verify', () => desk.api.verifyBounty(persona, id)))}
          note="You are named as a verifier. This tab measures the baseline on the held-out text first, then whatever is handed in; it asks for nothing while it does." />
      )}
      {next.do === 'reveal' && (
        <Act label="Reveal the held-out text" busy={busy} onPress={press(() => desk.attempt('reveal', () => desk.api.wish(persona, sponsored!.id, { do: 'reveal' })))}
          note="Nobody can gain from it any more. With it, everybody can run every score again, and see that you were honest." />
      )}
      {next.do === 'hunt' && !handing && !isOutOfReach && (
        <Act label={busy === 'hunt' ? 'Making a lab…' : 'Hunt this bounty'} busy={busy} onPress={press(hunt)}
          note="Makes a lab of its task here. The researcher of your choice works on it like on any other; come back when it has found something." />
      )}
      {next.do === 'submit' && !handing && (
        <Act label="Hand in a program" busy={busy} onPress={() => setHanding(true)} note="Only its hash is published at first. Nobody sees the program before the money is locked." />
      )}
      {isOutOfReach && (mayHunt || next.do === 'verify') && <AllowMaterials url={spec.materialsUrl!} />}
      {wallet && !wallet.info?.canHold && spec.escrow !== 'unescrowed' && mayHunt && (
        <p className="callout">To be paid you need a wallet that can hold payments{wallet.info && '; yours cannot'}.<button type="button" className="button button-plain" onClick={() => desk.go({ page: 'wallet' })}>{wallet.info ? 'Connect another' : 'Connect one'}</button></p>
      )}
      {wallet?.info && play !== wallet.info.isPlayMoney && mayHunt && (
        <p className="callout"><span><Icon name="warn" size={14} /> {play ? 'This bounty pays play money, and your wallet holds real money: they cannot pay each other.' : 'This bounty pays real money, and your wallet holds play money: they cannot pay each other.'}</span></p>
      )}
      {handing && mayHunt && <SubmitPatch listing={listing} labId={labId} onDone={() => setHanding(false)} />}
      {mayHunt && !handing && (
        <p className="next-others">
          {next.do !== 'hunt' && (labId || !isOutOfReach) && <button type="button" className="button button-quiet" onClick={press(labId ? () => openLab(labId) : hunt)}>{labId ? 'Open my lab for it' : 'Hunt this bounty'}</button>}
          {next.do !== 'submit' && <button type="button" className="button button-quiet" onClick={() => setHanding(true)}>Hand in a program{next.do === 'wait' ? '' : ' I have already'}</button>}
        </p>
      )}
    </section>
  )
}

function Act({ label, note, busy, onPress }: { label: string; note: string; busy: string | null; onPress: () => void }) {
  return (
    <>
      <p>{note}</p>
      <button type="button" className="button button-primary next-button" aria-disabled={busy !== null} onClick={onPress}>{label}</button>
    </>
  )
}
