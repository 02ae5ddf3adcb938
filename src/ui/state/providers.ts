// Who could answer as a language model, as views need it: whether anything is missing before it does.

import { useCallback, useEffect, useState } from 'react'
import { LabError } from '../../core/errors'
import type { ModelSpec } from '../../research/models/types'
import type { ProviderState } from '../../worker/researchProtocol'
import { useSession } from './context'
import { missingOrigins } from './reach'
import { withoutSecrets, PROVIDERS, type Researcher } from './researchers'
import { noticeOf } from './store'

/** All providers, and a way to ask again after a key has been given; null until the first answer. */
export function useProviders(): { providers: ProviderState[] | null; ask: () => Promise<void> } {
  const { client, store } = useSession()
  const [providers, setProviders] = useState<ProviderState[] | null>(null)
  const ask = useCallback(
    () => client.api.providers().then(setProviders, (thrown: unknown) =>
      store.dispatch({ kind: 'notice', notice: noticeOf(LabError.from(thrown)) })),
    [client, store],
  )
  useEffect(() => void ask(), [ask])
  return { providers, ask }
}

/** Where a model would be asked: what the person named, or what the provider is known by; null where nothing is fetched. */
export function modelAddress({ provider, address }: ModelSpec, known: ProviderState | undefined): string | null {
  if (provider === 'paste') return null
  const { hasAddress, usual } = PROVIDERS[provider]
  return (hasAddress ? address : null) || known?.address || (usual?.address ?? null)
}

/** Servers that this page may not reach yet, and would have to. */
export function missingForModel(spec: ModelSpec, known: ProviderState | undefined): string[] {
  const address = modelAddress(spec, known)
  return address === null ? [] : missingOrigins([address])
}

/** A researcher as it is sent to the lab. */
export function sent({ controller, researcher }: Researcher): [string, ReturnType<typeof withoutSecrets> | null] {
  return [controller, researcher ? withoutSecrets(researcher) : null]
}
