// The store in Node: one journal, a line a change, synced before the call resolves. The last line of a key wins.

import { promises as fs } from 'node:fs'
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

/** Opens the store of a folder, which is made; one process owns it. @throws LabError store.* */
export async function openFileStore(folder: string): Promise<BountyStore> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'journal.jsonl')
  const text = await readText(path)
  // a kill in the middle of a write leaves half a last line: what it said was never acknowledged
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length < text.length) await fs.truncate(path, Buffer.byteLength(whole))
  const tables = readJournal(whole)
  if (text === '') await fs.writeFile(path, '', { mode: 0o600 })
  let last: Promise<unknown> = Promise.resolve()

  /** One line at a time, in memory only once it is on the disk. */
  function write<T extends keyof Tables>(table: T, key: string, row: Tables[T] extends Map<string, infer R> ? R : never): Promise<void> {
    const turn = last.then(async () => {
      try {
        await fs.appendFile(path, `${JSON.stringify([table, key, row])}\n`, { flush: true })
      } catch (thrown) {
        throw storeError(thrown, 'keeping a bounty')
      }
      ;(tables[table] as Map<string, unknown>).set(key, row)
    })
    last = turn.catch(() => undefined) // told to who asked; the next line is another matter
    return turn
  }

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
      const known = (await readText(file)).trim()
      if (known !== '') return hexToBytes(known)
      const secret = generateSecretKey()
      await fs.writeFile(file, `${bytesToHex(secret)}\n`, { mode: 0o600, flush: true })
      return secret
    },
    setting: async (name) => structuredClone(tables.settings.get(name)) ?? null,
    saveSetting: (name, value) => write('settings', name, structuredClone(value)),
    close: async () => void (await last),
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await fs.readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw storeError(thrown, 'reading the bounties')
  }
}

function readJournal(text: string): Tables {
  const tables: Tables = { machines: new Map(), sent: new Map(), events: new Map(), heldOut: new Map(), payments: new Map(), settings: new Map() }
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [table, key, row] = JSON.parse(line) as [keyof Tables, string, never]
    tables[table].set(key, row)
  }
  return tables
}
