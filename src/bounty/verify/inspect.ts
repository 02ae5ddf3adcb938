// What a patch is refused for before anything is trained: its size, what it contains, and whom it is from.

import { diffIndices } from 'node-diff3'
import type { Inspect } from '../escrow/verifier'
import type { BountySpec } from '../types'

/** Lines that a patch adds or changes, and how much it adds and removes. */
export interface PatchSize {
  added: string[]
  lines: number
  bytes: number
}

/** Difference of two texts by lines: changed lines count on both sides. */
export function patchSize(before: string, after: string): PatchSize {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const added: string[] = []
  let lines = 0
  let bytes = 0
  for (const { buffer1Content, buffer2Content } of diffIndices(a, b)) {
    added.push(...buffer2Content)
    lines += buffer1Content.length + buffer2Content.length
    bytes += byteLength(buffer1Content) + byteLength(buffer2Content)
  }
  return { added, lines, bytes }
}

const byteLength = (lines: readonly string[]) => lines.reduce((sum, line) => sum + new TextEncoder().encode(line).length + 1, 0)

/**
 * Share of a patch's added tokens, in runs of four, that an earlier patch had added, too: 1 is a copy. What both took over
 * from the baseline is in neither.
 */
export function similarity(added: readonly string[], earlier: readonly string[]): number {
  const [mine, theirs] = [shingles(added), shingles(earlier)]
  if (mine.size === 0) return 0
  let common = 0
  for (const shingle of mine) if (theirs.has(shingle)) common++
  return common / mine.size
}

function shingles(lines: readonly string[]): Set<string> {
  // comments and names of variables are cheap to change; numbers, words of the language of ops and structure are not
  const text = lines.join('\n').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ')
  const tokens = text.match(/[\p{L}_$][\p{L}\p{N}_$]*|[\d.]+(?:e[+-]?\d+)?|[^\s]/gu) ?? []
  const found = new Set<string>()
  for (let i = 0; i + 4 <= tokens.length; i++) found.add(tokens.slice(i, i + 4).join(' '))
  return found.size > 0 || tokens.length === 0 ? found : new Set([tokens.join(' ')])
}

/** Why a patch is not measured at all, or null. */
export const inspectPatch: Inspect = (spec, { trainJs }, author, earlier) => {
  const { baseline, rules } = spec
  const size = patchSize(baseline.trainJs, trainJs)
  if (size.lines === 0) return 'It changes nothing.'
  if (size.lines > rules.maxDiffLines) return `It changes ${size.lines} lines; ${rules.maxDiffLines} are allowed.`
  if (size.bytes > rules.maxDiffBytes) return `It changes ${size.bytes} bytes; ${rules.maxDiffBytes} are allowed.`
  const forbidden = forbiddenIn(spec, size.added)
  if (forbidden !== null) return `It adds "${forbidden}", which this bounty forbids.`
  for (const other of earlier) {
    const likeness = similarity(size.added, patchSize(baseline.trainJs, other.patch.trainJs).added)
    if (other.author !== author && likeness > rules.maxSimilarity) {
      return `${Math.round(100 * likeness)} % of what it adds is in an earlier submission of another key.`
    }
  }
  return null
}

function forbiddenIn({ rules }: BountySpec, added: readonly string[]): string | null {
  const text = added.join('\n').toLowerCase()
  return rules.forbidden.find((pattern) => text.includes(pattern.toLowerCase())) ?? null
}
