import type { ReactNode } from 'react'
import type { LabRecord } from '../../history/types'
import { useApp, useLabs, useSession } from '../state/context'
import type { Notice } from '../state/store'
import { AllowAddress } from './AllowAddress'
import { Icon } from './Icon'

/** All that the person should know before anything else: of the page, and where the lab is shown, of the lab. */
export function Notices({ ofLab }: { ofLab: boolean }) {
  const { store } = useSession()
  const own = useApp((state) => state.notice)
  const told = useApp((state) => ofLab ? state.status.notice : null)
  const failure = useApp((state) => ofLab ? state.status.error : null)
  const watching = useApp((state) => ofLab && state.status.watching)
  const isStart = useApp((state) => state.labId === null)
  const lab = useShownLab(ofLab)
  const isTold = failure !== null && told?.message === failure.message
  // the lab's own card says it
  const isEnd = lab?.end != null && told?.message.endsWith(lab.end.evidence)
  // a lab whose researcher is the person has not failed when it waits
  const level = lab?.controller === 'human' && failure?.code === 'controller.refused' ? 'info' : undefined
  return (
    <div className="notices">
      {watching && (
        <Banner notice={{
          level: 'info',
          message: isStart ? 'Another tab leads the lab; this one can only watch.' : 'Another tab leads this lab; this one watches.',
          hint: `${isStart ? 'Open its record below to see it live.' : 'Everything shown here is live.'} ` +
            'To give commands, use the other tab, or close it: this one then takes over.',
        }} />
      )}
      {failure && !isTold && (
        <Banner notice={{ level: 'error', message: failure.message, hint: failure.hint }} more={<AllowAddress error={failure} />} />
      )}
      {told && !isEnd && <Banner notice={level ? { ...told, level } : told} more={isTold && <AllowAddress error={failure} />} />}
      {own && <Banner notice={own} onClose={() => store.dispatch({ kind: 'notice', notice: null })} />}
    </div>
  )
}

function useShownLab(ofLab: boolean): LabRecord | null {
  const labId = useApp((state) => ofLab ? state.labId : null)
  return useLabs()?.find((lab) => lab.labId === labId) ?? null
}

/** A strip with something to know, and perhaps more about it. */
export function Banner({ notice, more, onClose }: { notice: Notice; more?: ReactNode; onClose?: () => void }) {
  return (
    <div className={`banner banner-${notice.level}`} role={notice.level === 'error' ? 'alert' : 'status'}>
      <Icon name={notice.level === 'info' ? 'info' : 'warn'} />
      <p>
        <b>{notice.message}</b>
        {notice.hint && <span>{notice.hint}</span>}
        {more}
      </p>
      {onClose && (
        <button type="button" className="button button-quiet icon-only" aria-label="Dismiss" onClick={onClose}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}
