// Amounts as people read them. Play money is named as such in every amount, and never has a price.

const MSAT = 1000

/** A person's own word on what bitcoin costs: the page asks nobody. */
export interface FiatRate {
  /** as it is written behind the amount, e.g. EUR */
  currency: string
  perBitcoin: number
}

const KEY = 'assay.fiat'

/** 1,234 or 0.125: whole satoshi where they are whole, else to the msat. */
export function satDigits(msat: number): string {
  const sat = Math.abs(msat) / MSAT
  const text = sat.toLocaleString('en-US', { maximumFractionDigits: 3 })
  return msat < 0 ? `−${text}` : text
}

/** The unit says what it is worth. */
export function unitOf(isPlay: boolean): string {
  return isPlay ? 'play sat' : 'sat'
}

/** An amount in one piece, for sentences and labels. */
export function satText(msat: number, isPlay: boolean): string {
  return `${satDigits(msat)} ${unitOf(isPlay)}`
}

/** ≈ 0.62 EUR; null without a rate. Play money is worth nothing, so it is never asked for here. */
export function fiatText(msat: number, rate: FiatRate | null): string | null {
  if (!rate) return null
  const worth = (msat / MSAT / 1e8) * rate.perBitcoin
  const digits = Math.abs(worth) > 0 && Math.abs(worth) < 0.01 ? 4 : 2
  return `≈ ${worth.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits })} ${rate.currency}`
}

/** What was typed in this browser; null where nothing usable was. */
export function loadRate(): FiatRate | null {
  try {
    return readRate(JSON.parse(localStorage.getItem(KEY) ?? 'null'))
  } catch {
    return null // storage is off, or somebody else wrote there
  }
}

export function saveRate(rate: FiatRate | null): void {
  try {
    if (rate) localStorage.setItem(KEY, JSON.stringify(rate))
    else localStorage.removeItem(KEY)
  } catch {
    // storage is off: the rate holds until the page is closed
  }
}

export function readRate(value: unknown): FiatRate | null {
  const { currency, perBitcoin } = (value ?? {}) as Partial<FiatRate>
  if (typeof currency !== 'string' || !/^\p{L}{1,5}$/u.test(currency)) return null
  if (typeof perBitcoin !== 'number' || !(perBitcoin > 0) || perBitcoin > 1e12) return null
  return { currency, perBitcoin }
}

/** Sat as typed: digits, and spaces or commas between them; null for anything else. */
export function readWhole(text: string): number | null {
  const digits = text.replace(/[\s,]/g, '')
  if (!/^\d{1,15}$/.test(digits)) return null
  return Number(digits)
}
