// The door to the money side: its methods as the page knows them, and the desk behind it loaded with the first call. Who
// has something under way is gone on with as soon as this tab leads: locks have deadlines.

import { LabError } from '../core/errors'
import type { BountyApi } from './bountyProtocol'
import type { BountyDesk, BountyDeskDeps } from './labBounty'

const METHODS = [
  'self', 'setRelays', 'board', 'watch', 'parts', 'draftBounty', 'checkDraft', 'postBounty', 'exportBounty', 'importFile', 'hunt', 'submitPatch',
  'verifyBounty', 'reverify', 'wish', 'connectWallet', 'disconnectWallet', 'wallet', 'setCaps', 'payments', 'answerPayment', 'accountForPayment',
  'ledgerCsv', 'mine',
] as const satisfies (keyof BountyApi)[] // prettier-ignore

/** Every method is in the list. */
type Complete = Exclude<keyof BountyApi, (typeof METHODS)[number]> extends never ? true : never
const COMPLETE: Complete = true

export interface BountyGate {
  api: BountyApi
  /** a patch is being measured */
  readonly busy: boolean
  /** Goes on with what is under way, if anything is. */
  wake(): void
}

export function createBountyGate(deps: BountyDeskDeps): BountyGate {
  let desk: BountyDesk | null = null
  let loading: Promise<BountyDesk> | null = null

  function load(): Promise<BountyDesk> {
    loading ??= import('./labBounty').then(
      ({ createBountyDesk }) => (desk = createBountyDesk(deps)),
      (thrown: unknown) => {
        loading = null
        throw thrown
      },
    )
    return loading
  }

  const call = (name: keyof BountyApi) => async (...args: unknown[]) => {
    const { api } = await load()
    return (api[name] as (...given: unknown[]) => Promise<unknown>)(...args)
  }

  return {
    api: Object.fromEntries(METHODS.map((name) => [name, COMPLETE && call(name)])) as unknown as BountyApi,
    get busy() {
      return desk?.measures.busy ?? false
    },
    wake() {
      void deps.parts.bounties
        .people()
        .then(async (people) => {
          if (people.length > 0) await (await load()).wake(people)
        })
        .catch((thrown: unknown) => deps.board.tell({ kind: 'bountyError', persona: 'me', error: LabError.from(thrown).toJSON() }))
    },
  }
}
