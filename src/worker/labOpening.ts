// A lab that begins.

import { labSnapshot, newLab } from '../history/newLab'
import type { LabRecord } from '../history/types'
import type { AdapterInfo } from '../judge/types'
import type { createDataDesk } from './labData'
import type { LabParts } from './labParts'
import { checkResearcher } from './labResearch'
import type { LabSettings } from './protocol'

/**
 * Makes what the person chose into a lab that is listed. @returns its id
 * @param probe what it will train on
 * @throws LabError "import.invalid" for a researcher that cannot be had, before anything is stored
 */
export async function beginLab(settings: LabSettings, parts: LabParts, desk: ReturnType<typeof createDataDesk>, probe: () => Promise<AdapterInfo>): Promise<string> {
  checkResearcher(settings)
  const adapter = await probe()
  const { floorBpb } = await desk(settings.dataset, settings.tokenizer)
  const labId = parts.newId()
  await storeLab(newLab(settings, { labId, now: parts.now(), adapter, floorBpb }), parts)
  return labId
}

/** Lists a new lab. */
export async function storeLab(lab: LabRecord, { repository, ledger }: Pick<LabParts, 'repository' | 'ledger'>): Promise<void> {
  // the repository first: a lab that is listed has one
  await repository(lab.labId).open(lab.branch, labSnapshot(lab), 'The program that the lab starts from')
  await ledger.saveLab(lab)
}
