// From an edit to the text of a new train.js, or to words that say why it does not apply.

import { LabError } from '../../core/errors'
import type { Knob } from '../../sandbox/contract'
import { findKnobs, setKnobs, type KnobValue } from '../../sandbox/knobs'
import { LIMITS } from '../../sandbox/limits'
import type { BlocksEdit, Edit, KnobsEdit } from './edit'
import { formatProgram } from './format'
import { nearestLine } from './nearest'

/**
 * The program after the edit; what was written as text is formatted, what only turned knobs keeps every other byte.
 * @throws LabError "controller.badReply" saying which part does not apply and why
 */
export async function applyEdit(source: string, edit: Edit): Promise<string> {
  const text = edit.form === 'knobs' ? withKnobs(source, edit) : await formatProgram(withText(source, edit))
  if (text === source) throw refused('The edit changes nothing: it leaves train.js as it is.', 'Change something.')
  if (text.length > LIMITS.sourceChars) {
    throw refused(`train.js would have ${text.length} characters, more than ${LIMITS.sourceChars}.`, 'Write it shorter.')
  }
  return text
}

function withText(source: string, edit: Exclude<Edit, KnobsEdit>): string {
  return edit.form === 'file' ? unix(edit.source) : withBlocks(source, edit)
}

/** Every passage is looked for in the text as it was, so the order of the blocks does not matter. */
function withBlocks(source: string, { blocks }: BlocksEdit): string {
  const places = blocks.map(({ search, replace }, i) => {
    const start = soleMatch(source, unix(search), i + 1)
    return { start, end: start + unix(search).length, replace: unix(replace), block: i + 1 }
  })
  places.sort((a, b) => a.start - b.start)
  for (const [i, place] of places.entries()) {
    const before = places.at(i - 1)
    if (i > 0 && before && before.end > place.start) {
      throw refused(`Blocks ${before.block} and ${place.block} overlap in train.js.`, 'Make one block of the two.')
    }
  }
  return places.reduceRight((text, { start, end, replace }) => text.slice(0, start) + replace + text.slice(end), source)
}

/** Where the passage is. */
function soleMatch(source: string, search: string, block: number): number {
  const starts: number[] = []
  for (let at = source.indexOf(search); at >= 0; at = source.indexOf(search, at + 1)) starts.push(at)
  if (starts.length === 1) return starts[0]
  if (starts.length > 1) {
    const lines = starts.slice(0, 5).map((at) => source.slice(0, at).split('\n').length)
    const where = `at lines ${lines.join(', ')}${starts.length > 5 ? ', …' : ''}`
    throw refused(`Block ${block}: its search text is there ${starts.length} times (${where}).`, 'Add lines around it until it is there once.')
  }
  throw notFound(source, search, block)
}

function notFound(source: string, search: string, block: number): LabError {
  const lines = search.split('\n').filter((line) => line.trim() !== '')
  const present = new Set(source.split('\n'))
  const wanted = lines.find((line) => !present.has(line)) ?? lines.at(0)
  if (wanted === undefined) return refused(`Block ${block}: its search text is empty.`, 'Quote the lines that are to change.')
  const near = nearestLine(source, wanted)
  const isSpacing = near.text !== wanted && near.text.replace(/\s+/g, '') === wanted.replace(/\s+/g, '')
  const what = isSpacing ? 'differs in spaces only' : 'is the nearest to it'
  return refused(
    `Block ${block}: its search text is there 0 times. It says: ${quote(wanted)}. Line ${near.line} ${what}: ${quote(near.text)}.`,
    'Copy the passage letter for letter from the present train.js.',
  )
}

function withKnobs(source: string, { values }: KnobsEdit): string {
  const knobs = findKnobs(source)
  const wanted: Record<string, KnobValue> = {}
  for (const { name, value } of values) {
    const knob = knobs.find((one) => one.name === name)
    if (!knob) throw refused(`There is no knob ${quote(name)}.`, `Knobs: ${knobs.map((one) => one.name).join(', ')}.`)
    if (Object.hasOwn(wanted, name)) throw refused(`The knob ${name} is named twice.`, 'Name each knob once.')
    if (!fits(knob, value)) throw refused(`The knob ${name} cannot be ${quote(String(value))}.`, `It takes ${spaceText(knob)}.`)
    wanted[name] = value
  }
  return setKnobs(source, wanted)
}

/** Numbers beyond a range are held to it later, as a sampler's are; a choice must be one of the options. */
function fits({ space }: Knob, value: KnobValue): boolean {
  return space.kind === 'oneOf' ? space.options.includes(value) : typeof value === 'number' && Number.isFinite(value)
}

/** What a knob takes: "a whole number from 1 to 12", "one of 'muon', 'lion'". */
export function spaceText({ space }: Pick<Knob, 'space'>): string {
  if (space.kind === 'oneOf') return `one of ${space.options.map((option) => JSON.stringify(option)).join(', ')}`
  const names = { int: 'a whole number', linear: 'a number', log: 'a number on a log scale', pow2: 'a power of two' }
  return `${names[space.kind]} from ${space.min} to ${space.max}`
}

function unix(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

function quote(text: string): string {
  const line = text.trim()
  return JSON.stringify(line.length > 160 ? `${line.slice(0, 160)}…` : line)
}

function refused(message: string, hint: string): LabError {
  return new LabError('controller.badReply', message, { hint })
}
