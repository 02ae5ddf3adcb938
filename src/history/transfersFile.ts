// Transfers in Node: .assay/transfers/<id>.json in the lab's folder, replaced whole after each run.

import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../core/errors'
import { writeWhole } from './fileWhole'
import { readOr } from './floatFiles'
import { storeError } from './storeErrors'
import type { TransferRecord, TransferStore } from './transfers'

/** @param folder of the lab */
export function openTransferFiles(folder: string): TransferStore {
  const place = join(folder, '.assay', 'transfers')
  const pathOf = (id: string) => join(place, `${encodeURIComponent(id)}.json`)
  return {
    async load(labId, id) {
      const text = await readOr<string | null>(pathOf(id), fs.readFile(pathOf(id), 'utf8'), null)
      if (text === null) return null
      try {
        const record = JSON.parse(text) as TransferRecord
        return record.labId === labId ? record : null
      } catch (cause) {
        throw new LabError('store.corrupt', `${pathOf(id)} is damaged.`, { hint: 'Delete it: the transfer is measured anew.', cause })
      }
    },
    async save(record) {
      try {
        await fs.mkdir(place, { recursive: true })
        await writeWhole(pathOf(record.id), `${JSON.stringify(record, null, 1)}\n`)
      } catch (thrown) {
        throw storeError(thrown, 'recording a transfer')
      }
    },
  }
}
