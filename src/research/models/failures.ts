// What went wrong with a model, in words for the person: what happened, and what to do about it.

import { LabError } from '../../core/errors'
import type { ErrorCode } from '../../core/errors'
import type { Failure } from './exchange'
import { unreachable } from './offline'
import type { Place } from './offline'
import { factsOf } from './providers'

/** Longest part of a server's own words that is shown. */
const QUOTE = 300

/**
 * The LabError of a failure.
 * @param key never shows up in it, whatever the server said
 */
export async function errorOf(failure: Failure, place: Place, key: string | null): Promise<LabError> {
  const { label } = place
  const said = quote(failure.message, key)
  switch (failure.kind) {
    case 'network':
      return unreachable(place, said)
    case 'silence':
      return error('controller.offline', place, `${label} sent nothing for ${said}.`, 'Look whether it is overloaded, or still loading the model; then try again, or choose a smaller model.')
    case 'slow':
      return error('controller.offline', place, `${label} was not done after ${said}.`, 'Choose a faster model, or one that thinks less.')
    case 'size':
      return error('controller.badReply', place, `The answer of ${label} is too long: ${said}.`, place.model === '' ? 'Check the address; or write the name of the model yourself.' : 'Choose another model: this one does not come to an end.')
    case 'garbage':
      return error('controller.badReply', place, `What ${label} answered is in no form that is known${said ? ` (${said})` : ''}.`, 'Check the address: it must be of a server that speaks the protocol of this provider.')
    case 'declined':
      return error('controller.badReply', place, `${label} would not answer this.`, 'Look into program.md and the notes for what it may object to, or choose another model.')
    case 'status':
      return ofStatus(failure, place, said)
  }
}

/** Of a provider that answers nobody without one. */
export function keyMissing({ provider, label, page }: Place): LabError {
  const variables = [...factsOf(provider).keyVariables, 'ASSAY_MODEL_KEY'].join(' or ')
  return new LabError('controller.refused', `${label} needs a key, and there is none.`, {
    hint: page ? 'Enter a key for it beside the model.' : `Set ${variables} in the environment.`,
  })
}

function ofStatus({ status, retryAfterMs }: Failure, place: Place, said: string): LabError {
  const { label, model } = place
  const words = said ? ` It says: ${said}` : ''
  if (status === 401 || status === 403) {
    return error('controller.refused', place, `${label} refuses the key (${status}).${words}`, place.page && place.isLocal ? place.setup : 'Check the key, and that it may use this model; then set it again.')
  }
  if (status === 402) return error('controller.refused', place, `${label} asks for payment (402).${words}`, 'Add credit at the provider, or choose another model.')
  if (status === 404 && model === '') return error('controller.refused', place, `${label} has nothing of the kind at this address (404).${words}`, 'Check the address; or write the name of the model yourself.')
  if (status === 404) return error('controller.refused', place, `${label} knows no model "${model}" at this address (404).${words}`, 'Check the name of the model and the address.')
  if (status === 429) {
    const seconds = retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1000)
    const hint = seconds === null ? 'Wait a while, or look at the limits of your account there.' : `Try again in ${seconds} s, or look at the limits of your account there.`
    return error('controller.limit', place, `${label} allows no more requests for now (429).${words}`, hint)
  }
  if (status !== null && status >= 500) return error('controller.offline', place, `${label} fails (${status}).${words}`, 'That is on its side: try again later, or choose another model.')
  return error('controller.refused', place, `${label} does not take the request (${status}).${words}`, 'Check the model’s name, and that its context is long enough.')
}

function error(code: ErrorCode, { provider, origin }: Place, message: string, hint: string): LabError {
  return new LabError(code, message, { hint, data: { provider, origin } })
}

/** A server's words as plain text: one line, bounded, without the key. */
function quote(text: string, key: string | null): string {
  let said = text
  if (/^\s*\{/.test(text)) {
    try {
      const { error: inner, message } = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown }
      said = String((typeof inner === 'object' && inner !== null ? inner.message : inner) ?? message ?? text)
    } catch {
      // cut off, or no JSON: shown as it is
    }
  }
  if (key) said = said.replaceAll(key, '…')
  const line = said.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > QUOTE ? `${line.slice(0, QUOTE)}…` : line
}
