// A client for whichever language model is chosen; loaded with the first lab that is opened, or the first trial.

import { LabError } from '../core/errors'
import { createPasteClient } from '../research/controllers/paste'
import { createModelClient } from '../research/models/client'
import { createLocalClient, type LocalClient } from '../research/models/local'
import { factsOf } from '../research/models/providers'
import { readModelSpec } from '../research/models/spec'
import type { Spending } from '../research/models/spending'
import type { ModelClient, ModelSpec } from '../research/models/types'
import type { Questions } from '../research/questions'
import type { LabParts } from './labParts'
import type { StatusBoard } from './labStatus'

/** Gives back what it holds when it is not used any more. */
export type OpenClient = ModelClient & Partial<Pick<LocalClient, 'dispose'>>

export interface Clients {
  /** A client under a lab's limits. @throws LabError "import.invalid" for a spec that names no model */
  client(spec: ModelSpec, spending: Spending, questions: Questions): OpenClient
  /** The same for one question that nobody waits long for. */
  trial(spec: ModelSpec, spending: Spending): OpenClient
}

export function createClients({ keys, page, localModels, newId }: Pick<LabParts, 'keys' | 'page' | 'localModels' | 'newId'>, board: StatusBoard): Clients {
  function open(spec: ModelSpec, spending: Spending, isTrial: boolean): OpenClient {
    const read = readModelSpec(spec)
    if (factsOf(read.provider).family) return createModelClient(read, { keys, spending, page, ...(isTrial && { patience: { retries: 0 } }) })
    if (!localModels) throw new LabError('controller.refused', `${factsOf(read.provider).label} is in a browser only.`, { hint: 'Choose another model.' })
    const onProgress = ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number | null }) =>
      board.tell({ kind: 'download', received: receivedBytes, total: totalBytes, name: read.model })
    return createLocalClient(read, { ...localModels, spending, newId, onProgress })
  }

  return {
    trial: (spec, spending) => open(spec, spending, true),
    client(spec, spending, questions) {
      if (spec.provider !== 'paste') return open(spec, spending, false)
      return createPasteClient(async (prompt, problem, signal) => {
        const answer = await questions.ask({ kind: 'paste', prompt, problem }, signal)
        if (answer.kind === 'paste') return answer.text
        throw new LabError('controller.refused', 'The question for the chat was passed over.', {
          hint: 'Press Resume to be asked again, or choose another researcher.',
        })
      })
    },
  }
}
