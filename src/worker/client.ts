// The page's side of the lab: commands and events through Comlink, rows straight from IndexedDB.
// Whatever the page needs from deeper layers is handed on here.

import { proxy, transfer, wrap } from 'comlink'
import { liveQuery } from 'dexie'
export { DATASET_PRESETS } from '../data/presets'
export { defaultOptions, otherDataset } from '../research/transfer/options'
export { ARM_LABELS, budgetText, durationText, gainText, shareText } from '../research/transfer/words'
export { minutesOf } from '../research/guide/ends'
export { triesOf } from '../research/outcomes'
export { driftsOf, gapOf, repeatShare, runCost } from '../research/ruler'
import { liveDuels } from '../history/duelsDexie'
import { liveCurve, liveExperiments, liveLabs, liveReceipts } from '../history/ledgerDexie'
import type { ReceiptRow } from '../history/receipt'
import { liveReplays } from '../history/receiptsDexie'
import type { ReplayRecord } from '../history/replay'
import type { TransferRecord } from '../history/transfers'
import { liveTransfers } from '../history/transfersDexie'
import type { Experiment, LabRecord } from '../history/types'
import type { BrowserModelPage } from '../research/models/browser/model'
import { bountyClient, isBountyEvent } from './bountyClient'
import type { BountyClient } from './bountyClient'
import type { BountyApi, BountyEvent } from './bountyProtocol'
import { hostBoxes } from './boxHost'
import { hostBrowserModel } from './browserModelHost'
import { nameOf } from './experimental'
import labAddress from './lab?worker&url'
import type { LabApi, LabEvent } from './protocol'
import type { DuelReport, ResearchApi } from './researchProtocol'
import { spawnWorker } from './spawn'

/** Everything the page may do; a test or a story page can stand in another one. */
export interface LabClient {
  readonly api: Omit<LabApi, 'subscribe'> & ResearchApi
  /** The browser's own language model: whether it is to be had, and its download, which takes a click. */
  readonly browserModel: Pick<BrowserModelPage, 'state' | 'download'>
  /** Bounties and wallets. */
  readonly bounties: BountyClient
  /** Passes every event of the lab to `listener`. Called once. */
  subscribe(listener: (event: LabEvent) => void): Promise<void>
  /** Calls `failed` if the worker itself cannot be loaded or dies. */
  onFailure(failed: (message: string) => void): void
  /** Live rows: `next` is called now and after every change; the result stops it. */
  watchLabs(next: (labs: LabRecord[]) => void, failed: (error: unknown) => void): () => void
  watchExperiments(labId: string, next: (rows: Experiment[]) => void, failed: (error: unknown) => void): () => void
  /** The receipts of an attempt, the last of which counts. */
  watchReceipts(labId: string, number: number, next: (receipts: ReceiptRow[]) => void, failed: (error: unknown) => void): () => void
  /** Every replay in this browser, the newest last. */
  watchReplays(next: (replays: ReplayRecord[]) => void, failed: (error: unknown) => void): () => void
  /** The transfers of a lab, the last changed first. */
  watchTransfers(labId: string, next: (records: TransferRecord[]) => void, failed: (error: unknown) => void): () => void
  /** The duels about a lab, the last changed first. */
  watchDuels(labId: string, next: (reports: DuelReport[]) => void, failed: (error: unknown) => void): () => void
  /** [step, loss] pairs of a finished run. */
  loadCurve(labId: string, number: number): Promise<Float32Array | null>
}

/** Starts the lab worker and connects to it. Rows are read here, from the same database that it writes. */
export function connectLab(): LabClient {
  const worker = spawnWorker(labAddress, nameOf('assay lab', location.search))
  hostBoxes(worker)
  const browserModel = hostBrowserModel(worker)
  const remote = wrap<LabApi & ResearchApi & BountyApi>(worker)
  const bounties = bountyClient(remote)
  return {
    browserModel,
    bounties: bounties.client,
    api: {
      status: () => remote.status(),
      probe: (choice) => remote.probe(choice),
      defaults: () => remote.defaults(),
      check: (trainJs, tokenizer) => remote.check(trainJs, tokenizer),
      importText: (name, bytes) => remote.importText(name, transfer(bytes, [bytes])),
      create: (settings) => remote.create(settings),
      open: (labId) => remote.open(labId),
      start: () => remote.start(),
      pause: () => remote.pause(),
      resume: () => remote.resume(),
      step: () => remote.step(),
      stop: () => remote.stop(),
      queueProgram: (trainJs, hypothesis) => remote.queueProgram(trainJs, hypothesis),
      updateProgramMd: (text) => remote.updateProgramMd(text),
      sample: (number, prompt, count, temperature) => remote.sample(number, prompt, count, temperature),
      profile: () => remote.profile(),
      sources: (number) => remote.sources(number),
      receipt: (number) => remote.receipt(number),
      readReceipt: (text) => remote.readReceipt(text),
      replay: (text, otherApp) => remote.replay(text, otherApp),
      stopReplay: () => remote.stopReplay(),
      cheats: () => remote.cheats(),
      attack: () => remote.attack(),
      stopAttack: () => remote.stopAttack(),
      planTransfer: (options) => remote.planTransfer(options),
      transfer: (options) => remote.transfer(options),
      stopTransfer: () => remote.stopTransfer(),
      providers: () => remote.providers(),
      tryModel: (spec) => remote.tryModel(spec),
      listModels: (spec) => remote.listModels(spec),
      setKey: (...key) => remote.setKey(...key),
      unlockKeys: (passphrase) => remote.unlockKeys(passphrase),
      forgetKey: (provider) => remote.forgetKey(provider),
      setResearcher: (controller, spec) => remote.setResearcher(controller, spec),
      setApproval: (approval) => remote.setApproval(approval),
      setEnds: (maxExperiments, ends) => remote.setEnds(maxExperiments, ends),
      answer: (id, answer) => remote.answer(id, answer),
      addNote: (text) => remote.addNote(text),
      setLessons: (text) => remote.setLessons(text),
      addPaper: (name, text) => remote.addPaper(name, text),
      report: () => remote.report(),
      duel: (options) => remote.duel(options),
      stopDuel: () => remote.stopDuel(),
      exportZip: () => remote.exportZip(),
      exportResults: () => remote.exportResults(),
    },
    subscribe: (listener) => remote.subscribe(proxy((event: LabEvent | BountyEvent) => isBountyEvent(event) ? bounties.tell(event) : listener(event))),
    onFailure(failed) {
      worker.addEventListener('error', (event) => failed(event.message || 'The lab worker could not be started.'))
    },
    watchLabs: (next, failed) => watch(liveLabs, next, failed),
    watchExperiments: (labId, next, failed) => watch(() => liveExperiments(labId), next, failed),
    watchReceipts: (labId, number, next, failed) => watch(() => liveReceipts(labId, number), next, failed),
    watchReplays: (next, failed) => watch(liveReplays, next, failed),
    watchTransfers: (labId, next, failed) => watch(() => liveTransfers(labId), next, failed),
    watchDuels: (labId, next, failed) => watch(() => liveDuels(labId), next, failed),
    loadCurve: async (labId, number) => (await liveCurve(labId, number)) ?? null,
  }
}

function watch<T>(query: () => Promise<T>, next: (value: T) => void, failed: (error: unknown) => void): () => void {
  const subscription = liveQuery(query).subscribe({ next, error: failed })
  return () => subscription.unsubscribe()
}
