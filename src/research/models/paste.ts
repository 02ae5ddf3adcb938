// A person between the lab and any chat: the whole question is carried there by hand, and the answer back. No key, no
// network, and every form of answer that another model may give.

import { LabError } from '../../core/errors'
import type { Questions } from '../questions'
import { factsOf } from './providers'
import { NO_COST } from './types'
import type { ModelClient } from './types'

/** A client that asks the person to ask. What the chat costs is on the person's own account. */
export function createPasteClient(questions: Questions): ModelClient {
  return {
    name: 'a chat, pasted',
    contextTokens: factsOf('paste').contextTokens,
    async complete({ system, prompt, problem = null, signal }) {
      const answer = await questions.ask({ kind: 'paste', prompt: `${system}\n\n${prompt}`, problem }, signal)
      if (answer.kind === 'paste') return { text: answer.text, cost: NO_COST }
      throw new LabError('controller.refused', 'The question for the chat was passed over.', {
        hint: 'Press Resume to be asked again, or choose another researcher.',
      })
    },
  }
}
