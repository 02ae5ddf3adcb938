// A transfer in words, for the terminal and for the page.

import type { ArmName, TransferRecord } from '../../history/transfers'
import type { Gain, Share } from '../../judge/carryOver'
import type { Budget } from '../../judge/task'

const MINUS = '\u2212'

export const ARM_LABELS: Record<ArmName, string> = {
  same: 'Own setting',
  larger: 'Larger model',
  longer: 'Longer budget',
  data: 'Other text',
  together: 'All together',
}

/** +0.0123 (+0.0100 to +0.0150), bits per byte. */
export function gainText(gain: Gain | null): string {
  if (!gain) return '–'
  const { gainBpb, lowBpb, highBpb } = gain
  return lowBpb === null || highBpb === null ? signed(gainBpb) : `${signed(gainBpb)} (${signed(lowBpb)} to ${signed(highBpb)})`
}

/** 84 % (61 to 108 %), or that it cannot be told. */
export function shareText(share: Share | null): string {
  if (!share) return '–'
  const percent = (value: number) => (Math.abs(value) > 9.99 ? `${value < 0 ? `below ${MINUS}` : 'over '}999` : `${Math.round(100 * value)}`.replace('-', MINUS))
  return `${percent(share.share)} % (${percent(share.low)} to ${percent(share.high)} %)`
}

export function budgetText({ kind, amount }: Budget): string {
  return kind === 'seconds' ? `${durationText(amount)} of training` : `${Math.round(amount).toLocaleString('en')} tokens`
}

export function durationText(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.round(seconds))} s`
  return seconds < 5940 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** What a plan would measure and how long it takes, a line each. */
export function planLines({ plan, chain, seeds }: TransferRecord): string[] {
  const between = chain.length - 2
  const head = `Baseline against experiment ${chain.at(-1)!.number}, ${seeds.length} fresh seeds${between > 0 ? `, ${between} kept changes between` : ''}.`
  const arms = plan.flatMap((arm) => {
    if (arm.refused) return [`${ARM_LABELS[arm.arm]}: refused. ${arm.refused.message} ${arm.refused.hint}`.trim()]
    const sizes = arm.sizes.map(({ number, paramCount, bytes, changes }) => {
      const turned = changes.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ')
      return `${number === chain[0].number ? 'baseline' : 'best'} ${paramCount.toLocaleString('en')} parameters, ${Math.ceil(bytes / 2 ** 20)} MiB${turned && ` (${turned})`}`
    })
    const line = `${ARM_LABELS[arm.arm]}: ${budgetText(arm.budget)}, ${sizes.join('; ')}; about ${durationText(arm.seconds)}`
    return [line, ...arm.notes.map((note) => `  ${note}`)]
  })
  const total = plan.reduce((sum, { seconds }) => sum + seconds, 0)
  return [head, ...arms, `About ${durationText(total)} in all, as long as these programs took in the lab.`]
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(4)
  return Number(text) === 0 ? '0.0000' : `${value < 0 ? MINUS : '+'}${text}`
}
