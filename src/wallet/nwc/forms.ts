// What a wallet service may answer (NIP-47), read with bounds. Fields that are not used are dropped: wallets add their own.

import { z } from 'zod'

z.config({ jitless: true })

/** Of one event as it comes from a relay. */
export const MOST_EVENT_CHARS = 100_000

const hex64 = z.string().regex(/^[0-9a-f]{64}$/i).transform((text) => text.toLowerCase())
const msat = z.number().int().min(0).max(2.1e18)
const seconds = z.number().int().min(0).max(1e11)
const text = (most: number) => z.string().transform((given) => given.slice(0, most))
const names = z.array(z.string().max(100)).max(100)
const blocks = z.number().int().min(0).max(100_000_000)

export const replyForm = z.object({
  error: z.object({ code: text(50), message: text(300).nullish() }).nullish(),
  result: z.unknown(),
})

export const infoForm = z.object({
  alias: text(60).nullish(),
  network: z.enum(['mainnet', 'testnet', 'signet', 'regtest']).nullish().catch(null),
  block_height: blocks.nullish().catch(null),
  methods: names.nullish(),
})

export const balanceForm = z.object({ balance: msat })
/** empty where the connection has no budget */
export const budgetForm = z.object({ used_budget: msat.optional(), total_budget: msat.optional(), renewal_period: text(40).nullish() })
export const paidForm = z.object({ preimage: hex64, fees_paid: msat.nullish() })
export const emptyForm = z.unknown()

export const transactionForm = z.object({
  type: z.enum(['incoming', 'outgoing']),
  state: z.enum(['pending', 'accepted', 'settled', 'expired', 'failed']).nullish().catch(null),
  invoice: z.string().max(4000).nullish(),
  payment_hash: hex64,
  preimage: z.string().max(128).nullish(),
  amount: msat,
  fees_paid: msat.nullish(),
  expires_at: seconds.nullish(),
  settled_at: seconds.nullish(),
  settle_deadline: blocks.nullish(),
})
export type Transaction = z.infer<typeof transactionForm>

export const notificationForm = z.object({
  notification_type: z.enum(['payment_received', 'payment_sent', 'hold_invoice_accepted']),
  notification: transactionForm,
})
export type Notification = z.infer<typeof notificationForm>
