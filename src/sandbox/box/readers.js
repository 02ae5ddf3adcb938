// Reading values that train.js made: each is looked at once, must be plain, and is copied.
export default function makeReaders(fail) {
  function show(value) {
    if (value === undefined) return 'nothing'
    if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (Array.isArray(value)) return 'a list'
    return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
  }

  function number(who, what, value) {
    if (typeof value !== 'number' || !isFinite(value))
      fail(`${who}: ${what} must be a finite number, got ${show(value)}`, `Give ${what} a plain number.`)
    return value
  }

  function integers(who, what, value, maxLength) {
    if (!Array.isArray(value) || value.length > maxLength)
      fail(`${who}: ${what} must be a list of at most ${maxLength} integers, got ${show(value)}`, 'Try [4, 32].')
    const list = []
    for (let i = 0; i < value.length; i++) {
      const item = value[i]
      if (!Number.isInteger(item))
        fail(`${who}: ${what}[${i}] must be an integer, got ${show(item)}`, 'Use Math.round or Math.floor.')
      list.push(item)
    }
    return list
  }

  /** Copies the named numbers of `given`; a default of null means the number is required. */
  function numbers(who, given, defaults, alsoAllowed = []) {
    const names = Object.keys(defaults)
    if (given !== undefined && (typeof given !== 'object' || given === null))
      fail(`${who}: expected an object with ${names.join(', ')}, got ${show(given)}`, `Write { ${names[0]}: … }.`)
    for (const key of Object.keys(given ?? {})) {
      if (!names.includes(key) && !alsoAllowed.includes(key))
        fail(`${who}: there is no ${show(key)}`, `Known names: ${[...alsoAllowed, ...names].join(', ')}.`)
    }
    const read = {}
    for (const key of names) read[key] = number(who, key, given?.[key] ?? defaults[key] ?? undefined)
    return read
  }

  return { show, number, integers, numbers }
}
