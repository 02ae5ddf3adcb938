// What a story of the built-in grammar remembers: who there is, what they own, where they are, what they said.
// Later sentences follow from it, so a reader who forgets pays for it in bits.

import { table } from './grammarDraw'
import type { Draw, Table } from './grammarDraw'
import * as words from './grammarWords'

export interface Person {
  name: string
  /** Miss or Mr, with the surname */
  formal: string
  she: boolean
  age: number
  trade: string
  /** index into goods → how many, never zero */
  goods: Map<number, number>
  place: string
  said: string | null
}

export interface Story {
  draw: Draw
  town: string
  cast: Person[]
  /** unique things; the owner is an index into the cast */
  objects: { name: string; owner: number }[]
  weekday: number
  /** subject of the last sentence, whom a pronoun means; -1 after a sentence without a person */
  subject: number
  events: number
}

const openings = table(['once upon a time in ', 'long ago in ', 'this happened in ', 'there was trouble in ',
  'all the clocks had stopped in ', 'my grandmother was born in ', 'nobody remembers the winter in '])
const castSizes = [2, 3, 4, 5]
const castTable = table(castSizes.map((n) => `, where ${words.numberWord(n)} neighbours knew each other well`), [3,
  5, 4, 2])
const firstDays = table(words.weekdays.map((day) => `. It was a ${day}`), [1, 1, 1, 1, 1, 1, 1])
const heads = table(words.surnameHeads)
const tails = table(words.surnameTails)
const townHeads = table(words.townHeads)
const townTails = table(words.townTails)
const occupations = table([' was ', ' lived ', ', aged '], [5, 4, 3])
const colourTable = table(words.colours)
const ages = table(Array.from({ length: 60 }, (_, i) => words.numberWord(i + 8)), Array(60).fill(1))
const animalTable = table(words.animals.map(([one]) => ` ${one}`))
export const small = table(Array.from({ length: 12 }, (_, i) => words.numberWord(i + 1)),
  [6, 9, 9, 8, 7, 6, 5, 4, 3, 3, 2, 2])
const goodsOne = table(words.goods.map(([one]) => ` ${one}`))
const goodsMany = table(words.goods.map(([, many]) => ` ${many}`))

/** `table` with each surface that is not empty put behind its article. */
const articled = (options: Table): Table =>
  table(options.surfaces.map((s) => (s === '' ? s : words.withArticle(s))), options.weights)
const adjectivesWithArticle = articled(words.adjectives)
const tradesWithArticle = articled(words.trades)
const coloursWithArticle = articled(colourTable)

/** Writes "one plum" or "four ripe plums" for a drawn number of a drawn good; returns [good, number]. */
export function drawGoods(draw: Draw): [number, number] {
  const n = draw.choose(small) + 1
  draw.choose(words.sizes)
  return [draw.choose(n === 1 ? goodsOne : goodsMany), n]
}

/** "four plums", "one plum". */
export const countOf = (good: number, n: number): string =>
  `${words.numberWord(n)} ${words.goods[good][n === 1 ? 0 : 1]}`
export const pronoun = (person: Person): string => (person.she ? 'she' : 'he')
export const possessive = (person: Person): string => (person.she ? 'her' : 'his')

/** Adds to what a person has; zero is forgotten. */
export function addGoods(person: Person, good: number, n: number): void {
  const sum = (person.goods.get(good) ?? 0) + n
  if (sum === 0) person.goods.delete(good)
  else person.goods.set(good, sum)
}

/** A person other than those named, by first name, earlier ones oftener; their names follow `lead`, then `after`. */
export function drawOther(story: Story, lead: string, after: string, ...not: number[]): number {
  const { cast, draw } = story
  const options = table(cast.map(({ name }) => lead + name + after),
    cast.map((_, i) => (not.includes(i) ? 0 : 6 - i)))
  return draw.choose(options)
}

/**
 * Weight of calling a person by title and surname: none where two of the cast share them, since the reader
 * could not tell which one was drawn.
 */
export function formalWeight(story: Story, who: number, weight: number): number {
  return story.cast.some((person, i) => i !== who && person.formal === story.cast[who].formal) ? 0 : weight
}

/** Ends the sentence: a space, or now and then a new line. */
export function endSentence(story: Story, subject: number): void {
  story.draw.choose(sentenceEnds)
  story.draw.startSentence()
  story.subject = subject
}
const sentenceEnds = table(['. ', '.\n'], [7, 1])

/** Writes the opening: the town, the day, and one sentence or two about each neighbour. */
export function openStory(draw: Draw): Story {
  draw.choose(openings)
  const town = words.townHeads[draw.choose(townHeads)] + words.townTails[draw.choose(townTails)]
  const size = castSizes[draw.choose(castTable)]
  const weekday = draw.choose(firstDays)
  const story: Story = { draw, town, cast: [], objects: [], weekday, subject: -1, events: 0 }
  endSentence(story, -1)
  for (let i = 0; i < size; i++) introduce(story)
  return story
}

const allNames = [...words.sheNames, ...words.heNames]
const nameWeights = [words.sheNames, words.heNames].flatMap((names) => table(names).weights)

function introduce(story: Story): void {
  const { draw, cast, objects } = story
  const taken = new Set(cast.map(({ name }) => name))
  const index = draw.choose(table(allNames, nameWeights.map((weight, i) => (taken.has(allNames[i]) ? 0 : weight))))
  const she = index < words.sheNames.length
  draw.write(' ')
  const surname = words.surnameHeads[draw.choose(heads)] + words.surnameTails[draw.choose(tails)]
  const person: Person = {
    name: allNames[index], formal: `${she ? 'Miss' : 'Mr'} ${surname}`, she,
    age: 0, trade: '', goods: new Map(), place: '', said: null,
  }
  const shape = draw.choose(occupations)
  if (shape === 2) {
    person.age = draw.choose(ages) + 8
    draw.write(', was ')
  }
  if (shape !== 1) drawTrade(person, draw)
  if (shape !== 1) draw.write(' who lived ')
  draw.choose(words.placeWays)
  draw.write('the ')
  person.place = words.places.surfaces[draw.choose(words.places)]
  if (shape === 1) {
    draw.write(' and worked as ')
    drawTrade(person, draw)
  }
  cast.push(person)
  endSentence(story, cast.length - 1)
  draw.write(`${pronoun(person)} `)
  if (shape !== 2) {
    draw.write('was ')
    person.age = draw.choose(ages) + 8
    draw.write(' and ')
  }
  draw.write('had ')
  const used = objects.map(({ name }) => name.slice(name.indexOf(' ') + 1))
  const material = words.materials[draw.choose(materialTable)]
  const weights = objectTable.weights.map((weight, i) => (used.includes(words.objects[i]) ? 0 : weight))
  const object = words.objects[draw.choose(table(objectTable.surfaces, weights))]
  objects.push({ name: `${material} ${object}`, owner: cast.length - 1 })
  const more = draw.choose(belongings)
  if (more === 1) {
    const [good, n] = drawGoods(draw)
    addGoods(person, good, n)
  } else if (more === 2) {
    draw.choose(coloursWithArticle)
    draw.choose(animalTable)
  }
  endSentence(story, cast.length - 1)
}

const materialTable = articled(table(words.materials))
const objectTable = table(words.objects.map((name) => ` ${name}`))
const belongings = table(['', ' and ', ', and also '], [2, 5, 4])

function drawTrade(person: Person, draw: Draw): void {
  const adjective = draw.choose(adjectivesWithArticle)
  person.trade = words.trades.surfaces[draw.choose(adjective === 0 ? tradesWithArticle : words.trades)]
}
