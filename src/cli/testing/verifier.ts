// The unattended verifier for tests: the real command with its own trainer, on a bounty that takes seconds to measure.

import { bytesToHex } from '@noble/hashes/utils.js'
import { expect } from 'vitest'
import { specFixture } from '../../bounty/testing/fixtures'
import type { Parties } from '../../bounty/testing/parties'
import type { BountySpec } from '../../bounty/types'
import { generateCorpus } from '../../data/grammar'
import '../../engine/testing/wasm' // Node 20 has relaxed arithmetic behind a flag
import { memoryStore } from '../../engine/tune/table'
import { createTrainer } from '../../judge/trainer'
import { createBox } from '../../sandbox/box'
import { defaultProgram } from '../../sandbox/defaultProgram'
import { setKnobs } from '../../sandbox/knobs'
import { runVerifyBounty } from '../verifyBounty'
import { parseVerifyBountyArgs } from '../verifyBountyArgs'

// 32 steps of a head that hardly learns: on any seed far above the same with a rate that learns, so fresh seeds do not matter
const BASE = setKnobs(defaultProgram('software'), { DEPTH: 1, WIDTH: 32, HEAD_DIM: 16, CONTEXT: 32, ROWS: 4, UNEMBEDDING_LR: 0.0002 })
export const BETTER = setKnobs(BASE, { UNEMBEDDING_LR: 0.02 })

/** Sentences of the built-in grammar. */
export function sentences(seed: number, bytes: number): string {
  return generateCorpus({ seed, bytes })
    .documents.map((document) => new TextDecoder().decode(document))
    .join('\n\n')
}

/** A bounty of the party "sponsor" for this verifier; BETTER earns all of it, at once. */
export function postTiny(all: Parties, verifier: string, change: Partial<BountySpec> = {}): Promise<string> {
  const task = { ...specFixture().task, budget: { kind: 'tokens' as const, amount: 4096 }, evaluation: { context: 32, tokens: 1024 }, ...change.task }
  const baseline = { trainJs: BASE, sha256: 'ab'.repeat(32), valBpb: null }
  const unseen = { text: new TextEncoder().encode(sentences(99, 8000)), salt: bytesToHex(crypto.getRandomValues(new Uint8Array(32))) } // another bounty each time
  return all.post({ verifiers: [verifier], baseline, targetImprovementBpb: 0.05, nowShare: 1, ...change, task }, unseen)
}

export interface RunningVerifier {
  text(): string
  /** Waits until it has printed this. @returns the match */
  said(pattern: RegExp): Promise<RegExpExecArray>
  /** As Ctrl-C does. @returns what it printed */
  stop(): Promise<string>
  /** Resolves with what it printed when it has ended by itself. */
  ended: Promise<string>
}

/** Starts `npm run lab -- verify-bounty` with these arguments. */
export async function startVerifier(folder: string, argv: string[], environment: Record<string, string> = {}): Promise<RunningVerifier> {
  let text = ''
  const stop = new AbortController()
  const spawn = () => { throw new Error('one thread needs no other') } // prettier-ignore
  const trainer = createTrainer({ gpu: async () => undefined, threads: { threads: 1, shared: false, spawn } }, memoryStore(), 'wasm')
  const box = await createBox()
  const args = parseVerifyBountyArgs(['--out', folder, '--backend', 'wasm', ...argv], environment)
  const ended = runVerifyBounty(args, { trainer, box }, { write: (line) => (text += line) }, stop.signal).then((code) => {
    box.close()
    expect(text).not.toMatch(/TypeError|undefined/)
    expect(code).toBe(0)
    return text
  })
  return {
    text: () => text,
    async said(pattern) {
      await expect.poll(() => text, { timeout: 60_000 }).toMatch(pattern)
      return pattern.exec(text)!
    },
    stop() {
      stop.abort()
      return ended
    },
    ended,
  }
}

/** Its public key. */
export const keyOf = (text: string): string => /public key: ([0-9a-f]{64})/.exec(text)![1]
