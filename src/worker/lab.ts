// Entry of the lab worker in a browser: the real parts, and the border to the page. What is not needed before a lab is
// opened (git, the loop, its researchers) is loaded then: .ci/firstLoad.mjs counts what is loaded with the page.
// Errors cross it as LabErrorJson (border.ts); the page turns them back with LabError.from.

import { expose, proxy, releaseProxy, transfer, wrap } from 'comlink'
import { openBrowserCache } from '../data/opfsCache'
import { openDuels } from '../history/duelsDexie'
import { claimLead } from '../history/leader'
import { openDexieLedger } from '../history/ledgerDexie'
import { askToPersist } from '../history/persist'
import { openBrowserIdentity, openReplayLog } from '../history/receiptsDexie'
import { openTransferStore } from '../history/transfersDexie'
import type { Repository } from '../history/types'
import { createKeyStore } from '../research/models/keys'
import { openKeyVault } from '../research/models/keysDexie'
import { thisPage } from '../research/models/thisPage'
import { createTurns, measuredTrainer } from '../research/models/turns'
import { createWorkerBox } from '../sandbox/workerBox'
import { fromWorker, throwJson } from './border'
import { bountyStores } from './bountyStores'
import { receiveBrowserModel } from './browserModel'
import { spawnFrameBox } from './frameBox'
import { createLabApi } from './labApi'
import type { Prepare } from './labData'
import type { DataWorkerApi } from './labDataWorker'
import dataAddress from './labDataWorker?worker&url'
import { later } from './later'
import { spawnPageModel } from './pageModels'
import type { BountyApi } from './bountyProtocol'
import type { LabApi } from './protocol'
import type { ResearchApi } from './researchProtocol'
import { spawnWorker } from './spawn'
import { createWorkerTrainer } from './trainerClient'

const prepare: Prepare = async (source, spec, onProgress) => {
  const worker = spawnWorker(dataAddress, 'assay data')
  const remote = wrap<DataWorkerApi>(worker)
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'The data worker failed.')))
  })
  try {
    return await Promise.race([fromWorker(remote.prepare(source, spec, proxy(onProgress))), died])
  } finally {
    remote[releaseProxy]()
    worker.terminate()
  }
}

// a model on this machine speaks only while no run is measured, whoever asks it
const turns = createTurns()
const newTrainer = () => measuredTrainer(createWorkerTrainer(), turns)

// nothing is awaited at the top: a message that comes before `expose` would be lost
const api = createLabApi({
  ledger: openDexieLedger(),
  repository: (labId) => later<Repository>(async () => (await import('../history/gitBrowser')).browserRepository(labId)),
  trainer: newTrainer(),
  spareTrainer: newTrainer,
  keys: createKeyStore(openKeyVault()),
  page: thisPage(),
  localModels: { turns, spawn: spawnPageModel, browser: receiveBrowserModel() },
  box: createWorkerBox(spawnFrameBox),
  cache: () => openBrowserCache(),
  prepare,
  identity: () => openBrowserIdentity(),
  replays: openReplayLog(),
  transfers: openTransferStore(),
  duels: openDuels(),
  bounties: bountyStores(),
  claimLead: (onChange) => void claimLead('assay-lab', onChange),
  async askToPersist() {
    const { persisted, message } = await askToPersist()
    return persisted === true ? null : message
  },
  now: () => Date.now(),
  newId: () => crypto.randomUUID(),
})

expose(
  throwJson<LabApi & ResearchApi & BountyApi>({
    ...api,
    async exportZip() {
      const zip = await api.exportZip()
      return transfer(zip, [zip.bytes.buffer])
    },
  }),
)
