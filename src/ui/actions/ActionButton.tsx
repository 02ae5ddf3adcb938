import { useApp, useSession } from '../state/context'
import { Icon } from '../views/Icon'
import type { IconName } from '../views/Icon'
import { ACTIONS } from './actions'
import type { Action } from './actions'

/** A button for an action: same label, shortcut and conditions as the key. */
export function ActionButton({ id, icon, look = 'plain' }: {
  id: Action['id']
  icon?: IconName
  look?: 'plain' | 'primary' | 'hero'
}) {
  const session = useSession()
  const action = ACTIONS[id]
  const enabled = useApp((state) => action.enabled(state))
  const waiting = useApp((state) => action.waiting?.(state) ?? null)
  return (
    <button
      type="button"
      className={`button button-${look}`}
      // not `disabled`: a button that loses its use while focused must not throw the focus away
      aria-disabled={!enabled}
      title={`${action.title} (${action.shortcut})`}
      aria-keyshortcuts={action.shortcut}
      onClick={() => {
        if (enabled) void action.run(session)
      }}
    >
      {icon && <Icon name={icon} />}
      {waiting ?? action.label}
    </button>
  )
}
