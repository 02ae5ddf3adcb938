// Invoices (BOLT 11) for wallets of tests: every field that the lab reads is right, the signature is zeros.

const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const [HASH, DESCRIPTION, EXPIRY, CLTV] = [1, 13, 6, 24]

export interface InvoiceFields {
  paymentHash: string
  amountMsat: number
  memo: string
  createdAt: number
  expirySeconds: number
  minFinalCltv: number
}

/** An invoice on regtest. */
export function writeInvoice({ paymentHash, amountMsat, memo, createdAt, expirySeconds, minFinalCltv }: InvoiceFields): string {
  const prefix = `lnbcrt${amountMsat * 10}p` // picobitcoin
  const words = [
    ...numberWords(createdAt, 7),
    ...tag(HASH, byteWords(Uint8Array.from(paymentHash.match(/../g)!, (byte) => parseInt(byte, 16)))),
    ...tag(DESCRIPTION, byteWords(new TextEncoder().encode(memo))),
    ...tag(EXPIRY, numberWords(expirySeconds)),
    ...tag(CLTV, numberWords(minFinalCltv)),
    ...Array.from({ length: 104 }, () => 0),
  ]
  return `${prefix}1${[...words, ...checksum(prefix, words)].map((word) => LETTERS[word]).join('')}`
}

const tag = (code: number, words: number[]) => [code, words.length >> 5, words.length & 31, ...words]

/** Big-endian, five bits a word. */
function numberWords(value: number, length = Math.max(1, Math.ceil(Math.log2(value + 1) / 5))): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 32 ** (length - 1 - i)) % 32)
}

function byteWords(bytes: Uint8Array): number[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => parseInt(five.padEnd(5, '0'), 2))
}

/** Of BIP 173. */
function checksum(prefix: string, words: number[]): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0))
  const values = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words, 0, 0, 0, 0, 0, 0]
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (let i = 0; i < 5; i++) if ((top >>> i) & 1) sum ^= GENERATOR[i]
  }
  return Array.from({ length: 6 }, (_, i) => ((sum ^ 1) >>> (5 * (5 - i))) & 31)
}
