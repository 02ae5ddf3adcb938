// From a receipt's file to a verdict: the text into tokens, train.js through the box, and the runs again.

import { LabError } from '../core/errors'
import type { DatasetSource, TokenData, TokenizerSpec } from '../data/types'
import type { Trainer } from '../judge/types'
import type { Box } from '../sandbox/contract'
import type { VerifiedReceipt } from './receipt'
import { replay, type ReplayOptions } from './replay'
import { notReplayed, type ReplayReport } from './replayVerdict'

export interface ReplayParts {
  /** this call's alone; ended by it when it is stopped */
  trainer: Pick<Trainer, 'open' | 'setData' | 'run' | 'terminate'>
  box: Box
  /** the text of a receipt as tokens, which are the caller's to give away. @throws LabError data.* */
  data(source: DatasetSource, tokenizer: TokenizerSpec): Promise<TokenData>
}

/**
 * Replays a receipt that readReceipt has verified. What stands in the way is the report's reason, not an exception.
 * @param signal ends the runs at once
 * @throws LabError gpu.unavailable, "lab.state" when it was stopped
 */
export async function replayReceipt(
  { receipt, attached }: Pick<VerifiedReceipt, 'receipt' | 'attached'>,
  { trainer, box, data }: ReplayParts,
  { signal, ...options }: ReplayOptions & { signal?: AbortSignal } = {},
): Promise<ReplayReport> {
  const source = attached['train.js']
  if (source === undefined) return notReplayed('The file does not carry the train.js that its receipt names.')
  const tier = receipt.runs.find(({ evidence }) => evidence !== null)?.evidence?.adapter.tier
  if (tier === undefined) return notReplayed('Nothing was trained for this receipt, so there is nothing to run again.')

  const work = async (): Promise<ReplayReport> => {
    try {
      const tokens = await data(receipt.task.dataset, receipt.task.tokenizer)
      const program = await box.describe({ source, vocab: tokens.vocab, tier })
      return await replay(receipt, program, receipt.task, tokens, trainer, options)
    } catch (thrown) {
      const { code, message, hint } = LabError.from(thrown)
      if (!/^(data|program|sandbox)\./.test(code)) throw thrown
      if (code === 'data.partial' && receipt.task.dataset.kind === 'text') return notReplayed(absentText(receipt.task.dataset))
      return notReplayed(`${message.replace(/\.$/, '')}. ${hint}`.trim())
    }
  }
  if (!signal) return work()
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => {
      trainer.terminate() // its promises may stay open
      reject(new LabError('lab.state', 'The replay was stopped.', { hint: 'It says nothing about the receipt.' }))
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  stopped.catch(() => undefined) // nobody is left to be told when the work has ended first
  return Promise.race([work(), stopped])
}

function absentText({ name, sha256, validation }: Extract<DatasetSource, { kind: 'text' }>): string {
  const file = (text: { name: string; sha256: string }) => `${text.name} (SHA-256 ${text.sha256.slice(0, 12)}…)`
  return `It was trained on a file that is not here: ${file({ name, sha256 })}${validation ? `, validated on ${file(validation)}` : ''}. Give the same file.`
}
