// A duel in words, for the page and the terminal.

import type { DuelReport } from '../../worker/researchProtocol'
import type { PairedTest } from './paired'

/** "0.031", "under 0.001", "–" where there is nothing to test. */
function pText(p: number | null): string {
  if (p === null) return '–'
  return p < 0.001 ? 'under 0.001' : p.toFixed(3)
}

/** Bits per byte with sign. */
export function signedText(bpb: number): string {
  return `${bpb < 0 ? '−' : '+'}${Math.abs(bpb).toFixed(4)}`
}

/** What a test of the pairs says, in sentences; claims nothing that p does not bear out. */
export function testLines({ options: { a, b } }: Pick<DuelReport, 'options'>, test: PairedTest): string[] {
  const { pairs, winsA, winsB, meanDifference, low, high, pTwoSided, pALower, pBLower, pSign } = test
  if (pairs === 0) return ['No pair is over yet.']
  const ties = pairs - winsA - winsB
  const count = `Of ${pairs} pair${pairs === 1 ? '' : 's'} ${a} is lower in ${winsA}, ${b} in ${winsB}${ties > 0 ? `, ${ties} equal` : ''}.`
  if (meanDifference === null || low === null || high === null) return [count]
  const mean = `Mean of ${a} − ${b}: ${signedText(meanDifference)} bits per byte, 95 % of resamples between ${signedText(low)} and ${signedText(high)}.`
  if (pTwoSided === null) return [count, mean]
  const [lower, pLower] = meanDifference < 0 ? [a, pALower] : [b, pBLower]
  return [
    count,
    mean,
    `Exact signed-rank test: p = ${pText(pTwoSided)} that they differ, ${pText(pLower)} that ${lower} is lower; sign test: p = ${pText(pSign)}.`,
    pTwoSided < 0.05 ? `They differ beyond chance at 5 %.` : `That they differ is not shown at 5 %${leastP(pairs - ties)}.`,
  ]
}

/** Few pairs cannot show anything, whoever wins. */
function leastP(pairs: number): string {
  const least = 2 / 2 ** pairs
  return least < 0.05 ? '' : `: ${pairs === 1 ? 'one pair that differs cannot' : `${pairs} pairs cannot, whoever wins them all (p = ${pText(least)})`}`
}

/**
 * Mean over the pairs of the best so far, after each experiment, as far as all that are at work have come. A side that
 * has ended keeps what it had.
 */
export function meanCurve({ pairs }: Pick<DuelReport, 'pairs'>, side: 'a' | 'b'): number[] {
  const begun = pairs.map((pair) => pair[side]).filter(({ curve }) => curve.length > 0)
  const atWork = begun.filter(({ isDone }) => !isDone)
  const lengths = (sides: typeof begun) => sides.map(({ curve }) => curve.length)
  const length = atWork.length > 0 ? Math.min(...lengths(atWork)) : Math.max(0, ...lengths(begun))
  return Array.from({ length }, (_, i) => begun.reduce((sum, { curve }) => sum + (curve[i] ?? curve.at(-1)!), 0) / begun.length)
}
