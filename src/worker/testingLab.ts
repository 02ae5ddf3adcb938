// A lab as the page has it, assembled for this folder's tests.

import { join } from 'node:path'
import { openFileStore } from '../bounty/office/storeFile'
import { Rng, hashString } from '../core/rng'
import { memoryByteCache } from '../data/byteCache'
import { loadCorpus, prepareData } from '../data/corpus'
import { nodeRepository } from '../history/gitNode'
import { openFileIdentity } from '../history/identityFile'
import { openFileLedger } from '../history/ledgerFile'
import type { ReplayRecord } from '../history/replay'
import type { TransferRecord } from '../history/transfers'
import type { Repository } from '../history/types'
import type { DuelReport } from './researchProtocol'
import { createKeyStore } from '../research/models/keys'
import { memoryVault } from '../research/models/testing/memoryVault'
import { scriptedTrainer, success } from '../research/testing'
import { createBox } from '../sandbox/box'
import { defaultProgram } from '../sandbox/defaultProgram'
import type { BountyEvent } from './bountyProtocol'
import { createLabApi } from './labApi'
import type { LabParts } from './labParts'
import { later } from './later'
import type { LabApi, LabEvent, LabSettings, LabStatus } from './protocol'

const cache = memoryByteCache()

/** Every part is real but the GPU: scores are a function of the program's text and the seed. */
export async function assemble(dir: string, leading = true) {
  const trainer = scriptedTrainer(() => 2, 0)
  trainer.before = (job) => {
    const text = JSON.stringify(job.program)
    const truth = 2 + 0.2 * new Rng(hashString(text)).uniform()
    return success(job, truth + 0.001 * new Rng(hashString(text), String(job.seed)).normal())
  }
  trainer.sample = async (_program, _weights, prompt, count) => prompt.slice(1, 1 + count)
  const repository = await nodeRepository(join(dir, 'lab'))
  const replayed: ReplayRecord[] = []
  const transfers = new Map<string, TransferRecord>()
  const duels = new Map<string, DuelReport>()
  const parts: LabParts = {
    ledger: await openFileLedger(join(dir, 'ledger')),
    repository: (labId): Repository => (labId === 'lab-1' ? repository : later(() => nodeRepository(join(dir, labId)))),
    trainer,
    spareTrainer: () => trainer,
    box: await createBox(),
    cache: async () => cache,
    async prepare(source, spec, onProgress) {
      const corpus = await loadCorpus(source, { cache })
      const { data, tokenizer } = await prepareData(corpus, spec, (activity, done) =>
        onProgress({ kind: 'activity', activity, done }),
      )
      return { data, tokenizer, floorBpb: corpus.floorBpb }
    },
    identity: () => openFileIdentity(join(dir, 'identity.pem')),
    transfers: { save: async (record) => void transfers.set(record.id, record), load: async (_, id) => transfers.get(id) ?? null },
    keys: createKeyStore(memoryVault(), 1000),
    page: null,
    duels: {
      save: async (report) => void duels.set(report.id, structuredClone(report)),
      load: async (id) => duels.get(id) ?? null,
      ledger: await openFileLedger(join(dir, 'duels')),
    },
    replays: { save: async (record) => void replayed.push(record), list: async () => replayed },
    bounties: { store: (persona) => later(() => openFileStore(join(dir, `bounties-${persona}`))), people: async () => [] },
    claimLead: (onChange) => onChange(leading),
    askToPersist: async () => 'This browser may delete the lab.',
    now: Date.now,
    newId: () => 'lab-1',
  }
  const api = createLabApi(parts)
  const events: (LabEvent | BountyEvent)[] = []
  await api.subscribe(async (event) => void events.push(event))
  return { api, trainer, events, parts }
}

/** What a person would choose for a short lab; `change` overrides fields. */
export const settings = (change: Partial<LabSettings> = {}): LabSettings => ({
  name: 'First lab',
  dataset: { kind: 'grammar', seed: 1, bytes: 60_000 },
  tokenizer: { kind: 'bytes' },
  budget: { kind: 'tokens', amount: 1000 },
  keepRule: { kind: 'measured', repeats: 2, floorBpb: 0.001 },
  controller: 'evolution',
  maxExperiments: 3,
  seed: 9,
  programMd: '# Try things\n',
  trainJs: defaultProgram('software'),
  ...change,
})

/** The first status that is good, or a failure after ten seconds. */
export async function waitFor(api: LabApi, good: (status: LabStatus) => boolean): Promise<LabStatus> {
  for (let i = 0; i < 2000; i++) {
    const status = await api.status()
    if (good(status)) return status
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never came: ${JSON.stringify(await api.status())}`)
}

/** Nothing is going on, and the lab has said why. */
export const atRest = (status: LabStatus) => status.phase === 'idle' && status.activity === 'idle' && status.notice !== null
