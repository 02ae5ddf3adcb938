// Numbers as people read them. Every unit is spelled the same way everywhere on the page.

const MINUS = '\u2212'

/** Bits per byte, four decimals: 1.8421. */
export function bpb(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(4)
}

/** A signed change in bits per byte with a true minus sign: −0.0123. */
export function delta(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const text = Math.abs(value).toFixed(4)
  return Number(text) === 0 ? '0.0000' : `${value < 0 ? MINUS : '+'}${text}`
}

/** Integers with thin separators below a million, then k, M, G. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`
  return Math.round(value).toLocaleString('en-US')
}

export function bytes(value: number): string {
  if (value >= 2 ** 30) return `${(value / 2 ** 30).toFixed(2)} GiB`
  if (value >= 2 ** 20) return `${(value / 2 ** 20).toFixed(1)} MiB`
  if (value >= 2 ** 10) return `${(value / 2 ** 10).toFixed(0)} KiB`
  return `${value} B`
}

export function milliseconds(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return '–'
  if (value >= 1e3) return `${(value / 1e3).toFixed(value >= 1e4 ? 1 : 2)} s`
  return value >= 100 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`
}

/** 47 s, 3 min 05 s, 2 h 10 min, 2 h. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return inTwo(Math.floor(whole / 60), 'min', whole % 60, 's', 2)
  return inTwo(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min', 2)
}

/** An amount in two units, or in the larger one where nothing is left for the smaller. @param digits of the smaller, at least */
export function inTwo(large: number, largeUnit: string, small: number, smallUnit: string, digits: number): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${String(small).padStart(digits, '0')} ${smallUnit}`
}

export function percent(fraction: number, decimals = 1): string {
  return `${fraction < 0 ? MINUS : ''}${Math.abs(fraction * 100).toFixed(decimals)} %`
}

const WHEN = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

export function when(epochMs: number): string {
  return WHEN.format(new Date(epochMs))
}

export function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
