// The store in Node: one journal, a line a change, synced before the call resolves. The last line of a key wins; where most
// of the journal is superseded, it is written anew beside the old one and put in its place, so there is always a whole one.

import { promises } from 'node:fs'
import { join } from 'node:path'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { generateSecretKey } from 'nostr-tools/pure'
import { storeError } from '../../history/storeErrors'
import type { PaymentRow } from '../../wallet/types'
import type { BountyStore, EventRow, HeldOutRow, MachineRow, SentRow } from './store'

interface Tables {
  machines: Map<string, MachineRow>
  sent: Map<string, SentRow>
  events: Map<string, EventRow>
  heldOut: Map<string, Omit<HeldOutRow, 'text'> & { textHex: string }>
  payments: Map<string, PaymentRow>
  settings: Map<string, unknown>
}

/** What is used of the file system. */
type Files = Pick<typeof promises, 'mkdir' | 'readFile' | 'truncate' | 'writeFile' | 'appendFile' | 'rename' | 'open' | 'rm'>

/** A journal that is smaller is left as it is. */
const WORTH_BYTES = 2 ** 20

/**
 * Opens the store of a folder, which is made; one process owns it.
 * @param options for tests: the size above which a journal is written anew, and the file system
 * @throws LabError store.*
 */
export async function openFileStore(folder: string, { worthBytes = WORTH_BYTES, files: fs = promises as Files } = {}): Promise<BountyStore> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'journal.jsonl')
  const text = await readText(path, fs)
  // a kill in the middle of a write leaves half a last line: what it said was never acknowledged
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length < text.length) await fs.truncate(path, Buffer.byteLength(whole))
  const tables = readJournal(whole)
  if (text === '') await fs.writeFile(path, '', { mode: 0o600 })
  let bytes = Buffer.byteLength(whole)
  let liveBytes = 0 // when it was looked at last
  let last: Promise<unknown> = Promise.resolve()

  /** Writes the journal anew, without what is superseded, where that is more than half of it. */
  async function compact(): Promise<void> {
    if (bytes <= worthBytes || bytes <= 2 * liveBytes) return
    const live = linesOf(tables)
    liveBytes = Buffer.byteLength(live)
    if (bytes <= 2 * liveBytes) return
    try {
      await fs.writeFile(`${path}.new`, live, { mode: 0o600, flush: true })
      await fs.rename(`${path}.new`, path)
      await syncFolder(folder, fs) // before a line is acknowledged that is in the new one only
      bytes = liveBytes
    } catch {
      // the old journal is whole, and goes on; a disk without room refuses the next line, which is told
      await fs.rm(`${path}.new`, { force: true })
      liveBytes = bytes // tried again at twice the size
    }
  }

  /** One line at a time, in memory only once it is on the disk. */
  function write<T extends keyof Tables>(table: T, key: string, row: (Tables[T] extends Map<string, infer R> ? R : never) | null): Promise<void> {
    const turn = last.then(async () => {
      const line = lineOf(table, key, row)
      try {
        await fs.appendFile(path, line, { flush: true })
      } catch (thrown) {
        throw storeError(thrown, 'keeping a bounty')
      }
      bytes += Buffer.byteLength(line)
      take(tables, table, key, row)
    })
    last = turn.then(compact).catch(() => undefined) // told to who asked; the next line is another matter
    return turn
  }

  await compact()
  return {
    machines: async () => structuredClone([...tables.machines.values()]),
    saveMachine: (row) => write('machines', row.id, structuredClone(row)),
    sent: async (key) => tables.sent.get(key) ?? null,
    allSent: async () => [...tables.sent.values()],
    unpublished: async () => [...tables.sent.values()].filter(({ published }) => !published),
    saveSent: (row) => write('sent', row.key, row),
    async saveEvent(row) {
      if (tables.events.has(row.id)) return false
      await write('events', row.id, row)
      return true
    },
    events: async () => [...tables.events.values()],
    dropEvents: async (ids) => void (await Promise.all(ids.map((id) => write('events', id, null)))),
    async heldOut(key) {
      const row = tables.heldOut.get(key)
      return row ? { key, salt: row.salt, text: hexToBytes(row.textHex) } : null
    },
    saveHeldOut: ({ key, salt, text }) => write('heldOut', key, { key, salt, textHex: bytesToHex(text) }),
    payments: async () => [...tables.payments.values()].sort((a, b) => b.updatedAt - a.updatedAt),
    payment: async (key) => tables.payments.get(key) ?? null,
    savePayment: (row) => write('payments', row.key, row),
    async secretKey() {
      const file = join(folder, 'nostr.key')
      const known = (await readText(file, fs)).trim()
      if (known !== '') return hexToBytes(known)
      const secret = generateSecretKey()
      await fs.writeFile(`${file}.new`, `${bytesToHex(secret)}\n`, { mode: 0o600, flush: true })
      await fs.rename(`${file}.new`, file) // never half a key
      return secret
    },
    setting: async (name) => structuredClone(tables.settings.get(name)) ?? null,
    saveSetting: (name, value) => write('settings', name, structuredClone(value)),
    close: async () => void (await last),
  }
}

async function readText(path: string, fs: Files): Promise<string> {
  try {
    return await fs.readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw storeError(thrown, 'reading the bounties')
  }
}

/** null: it is not kept any more */
function take(tables: Tables, table: keyof Tables, key: string, row: unknown): void {
  const rows = tables[table] as Map<string, unknown>
  if (row === null) rows.delete(key)
  else rows.set(key, row)
}

function readJournal(text: string): Tables {
  const tables: Tables = { machines: new Map(), sent: new Map(), events: new Map(), heldOut: new Map(), payments: new Map(), settings: new Map() }
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [table, key, row] = JSON.parse(line) as [keyof Tables, string, unknown]
    take(tables, table, key, row)
  }
  return tables
}

const lineOf = (table: string, key: string, row: unknown) => `${JSON.stringify([table, key, row])}\n`

/** The journal of what is known now; rows of a table stay in the order in which their keys came. */
function linesOf(tables: Tables): string {
  return Object.entries(tables)
    .flatMap(([table, rows]: [string, Map<string, unknown>]) => [...rows].map(([key, row]) => lineOf(table, key, row)))
    .join('')
}

/** A name that is only in memory is gone with the power. */
async function syncFolder(folder: string, fs: Files): Promise<void> {
  if (process.platform === 'win32') return // a folder cannot be opened there
  const handle = await fs.open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
