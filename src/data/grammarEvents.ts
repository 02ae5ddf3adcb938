// What can happen in a story of the built-in grammar. Each event begins where its subject has just been written,
// and starts with a phrase no other event starts with; whatever follows from the story so far is written, not drawn.

import { table } from './grammarDraw'
import type { Table } from './grammarDraw'
import { askQuestion } from './grammarQuestions'
import {
  addGoods, countOf, drawGoods, drawOther, endSentence, possessive, pronoun, small,
} from './grammarStory'
import type { Person, Story } from './grammarStory'
import * as words from './grammarWords'

type Event = (story: Story, me: number) => void

const needsGoods = (story: Story, me: number): boolean => story.cast[me].goods.size > 0
const needsObject = (story: Story, me: number): boolean => story.objects.some(({ owner }) => owner === me)
const always = (): boolean => true

/** Lead, weight, condition, and what follows. */
const events: [string, number, (story: Story, me: number) => boolean, Event][] = [
  [' asked ', 12, always, askQuestion],
  [' found ', 3, always, find],
  [' picked up ', 1, always, find],
  [' won ', 1, always, find],
  [' dug up ', 1, always, find],
  [' bought ', 4, always, buy],
  [' gave ', 4, needsGoods, give],
  [' handed ', 2, needsGoods, give],
  [' used up ', 3, needsGoods, spend],
  [' went', 3, always, go],
  [' walked', 2, always, go],
  [' hurried', 1, always, go],
  [' rode', 1, always, go],
  [' lent ', 5, needsObject, lend],
  [' said', 3, always, say],
  [' whispered', 1, always, say],
  [' shouted', 1, always, say],
  [' wrote', 1, always, say],
  [' felt ', 3, always, feel],
  [' became ', 1, always, feel],
  [' rode past ', 1, always, walk],
  [' walked past ', 2, always, walk],
  [' counted ', 3, needsGoods, count],
  [' saw ', 3, always, see],
  [' noticed ', 1, always, see],
  [' painted ', 1, always, see],
  [' put ', 3, needsGoods, compare],
  [' spelled ', 2, always, spell],
]

const eventWeights = events.map(([, weight]) => weight)
const eventLeads = events.map(([lead]) => lead)

/** Draws what the subject does and lets it happen. */
export function happen(story: Story, me: number): void {
  const weights = eventWeights.map((weight, i) => (events[i][2](story, me) ? weight : 0))
  events[story.draw.choose(table(eventLeads, weights))][3](story, me)
}

const findWays = table([' in the ', ' near the ', ' under the ', ' outside the ', ' on the way to the ',
  ' behind the '])

function find(story: Story, me: number): void {
  const { draw, cast } = story
  const had = cast[me].goods
  const [good, n] = drawGoods(draw)
  draw.choose(findWays)
  draw.choose(words.places)
  const before = had.get(good) ?? 0
  addGoods(cast[me], good, n)
  if (before > 0) draw.write(`, and so had ${countOf(good, before + n)}`)
  endSentence(story, me)
}

const prices = table(Array.from({ length: 9 }, (_, i) => ` for ${words.numberWord(i + 1)} pence each`),
  [2, 4, 5, 4, 4, 3, 2, 2, 2])

function buy(story: Story, me: number): void {
  const { draw, cast } = story
  const [good, n] = drawGoods(draw)
  const price = draw.choose(prices) + 1
  addGoods(cast[me], good, n)
  draw.write(` and paid ${words.numberWord(n * price)} ${n * price === 1 ? 'penny' : 'pence'}`)
  endSentence(story, me)
}

/** Draws which of one's goods and how many of them, written as "four of the plums" or "all the plums". */
function drawShare(story: Story, me: number): [number, number] {
  const { draw, cast } = story
  const held = [...cast[me].goods.entries()]
  const good = held[draw.choose(table(held.map(([g]) => `${words.goods[g][1]}: `), held.map(() => 1)))][0]
  const most = cast[me].goods.get(good) ?? 0
  const n = draw.choose(shares(most)) + 1
  return [good, n]
}

const shareTables = new Map<number, Table>()
function shares(most: number): Table {
  let found = shareTables.get(most)
  if (!found) {
    const range = Array.from({ length: Math.min(most, 20) }, (_, i) => words.numberWord(i + 1))
    shareTables.set(most, (found = table(range, range.map((_, i) => 24 - i))))
  }
  return found
}

function give(story: Story, me: number): void {
  const { draw, cast } = story
  const other = drawOther(story, '', ' ', me)
  draw.write('some ')
  const [good, n] = drawShare(story, me)
  addGoods(cast[me], good, -n)
  addGoods(cast[other], good, n)
  const left = cast[me].goods.get(good) ?? 0
  draw.write(`. ${cast[me].name} was left with ${left ? words.numberWord(left) : 'none'}, `)
  draw.write(`and ${cast[other].name} now had ${words.numberWord(cast[other].goods.get(good) ?? 0)}`)
  endSentence(story, me)
}

const spendReasons = table([' for a bet', ' in a single day', ' at the feast', ' by mistake', ' for the children',
  ' to make soup', ' as a joke', ' against all advice'])

function spend(story: Story, me: number): void {
  const { draw, cast } = story
  draw.write('some ')
  const [good, n] = drawShare(story, me)
  draw.choose(spendReasons)
  addGoods(cast[me], good, -n)
  const left = cast[me].goods.get(good) ?? 0
  draw.write(`, which left ${left ? words.numberWord(left) : 'none'}`)
  endSentence(story, me)
}

function go(story: Story, me: number): void {
  const { draw, cast } = story
  draw.choose(words.adverbs)
  draw.write(' to the ')
  const place = words.places.surfaces[draw.choose(words.places)]
  cast[me].place = place
  const met = cast.filter((person, i) => i !== me && person.place === place).map(({ name }) => name)
  draw.write(met.length ? ` and met ${met.join(' and ')} there` : ' and was alone there')
  endSentence(story, me)
}

function lend(story: Story, me: number): void {
  const { draw, objects } = story
  draw.write('the ')
  const options = table(objects.map(({ name }) => `${name} to `), objects.map(({ owner }) => (owner === me ? 1 : 0)))
  const lent = objects[draw.choose(options)]
  lent.owner = drawOther(story, '', '', me)
  endSentence(story, me)
}

const likeSays = table(words.likes.surfaces.map((verb) => `${verb} `), words.likes.weights)
const joins = table([' and ', ' more than ', ' but not ', ' as much as ', ' because of '])

function say(story: Story, me: number): void {
  const { draw } = story
  draw.choose(words.adverbs)
  draw.write(', "I ')
  const verb = words.likes.surfaces[draw.choose(likeSays)]
  const first = draw.choose(words.topics)
  const join = joins.surfaces[draw.choose(joins)]
  const weights = words.topics.weights.map((weight, i) => (i === first ? 0 : weight))
  const second = draw.choose(table(words.topics.surfaces, weights))
  story.cast[me].said = `I ${verb} ${words.topics.surfaces[first]}${join}${words.topics.surfaces[second]}`
  draw.write('"')
  endSentence(story, me)
}

function feel(story: Story, me: number): void {
  const { draw, cast } = story
  draw.choose(words.feelings)
  if (draw.choose(feelReasons) === 1) {
    const other = drawOther(story, '', '', me)
    draw.write(` the ${cast[other].trade}`)
  } else draw.choose(words.times)
  endSentence(story, me)
}
const feelReasons = table(['', ' because of '], [2, 3])

/** Three places on the way out, the same ones in the other order on the way back. */
function walk(story: Story, me: number): void {
  const { draw, cast } = story
  const seen: number[] = []
  for (const lead of ['the ', ', the ', ' and the ']) {
    draw.write(lead)
    const weights = words.places.weights.map((weight, i) => (seen.includes(i) ? 0 : weight))
    seen.push(draw.choose(table(words.places.surfaces, weights)))
  }
  const [a, b, c] = seen.map((i) => words.places.surfaces[i])
  draw.write(`, so on the way back ${pronoun(cast[me])} passed the ${c}, the ${b} and the ${a}`)
  endSentence(story, me)
}

function count(story: Story, me: number): void {
  const { draw, cast } = story
  const held = [...cast[me].goods.entries()]
  const options = table(held.map(([g]) => `${possessive(cast[me])} ${words.goods[g][1]}: `), held.map(() => 1))
  const n = held[draw.choose(options)][1]
  const from = Math.max(1, n - 7)
  draw.write(Array.from({ length: n - from + 1 }, (_, i) => words.numberWord(from + i)).join(', '))
  endSentence(story, me)
}

const animalOne = table(words.animals.map(([one]) => ` ${one}`))
const animalMany = table(words.animals.map(([, many]) => ` ${many}`))
const colourWords = table(['', ...words.colours.map((colour) => ` ${colour}`)])
const seeWays = table([' by the ', ' on the road to the ', ' in front of the ', ' with the children from the '])

/** The verb agrees with the animals, not with the place that stands between. */
function see(story: Story, me: number): void {
  const { draw } = story
  const n = draw.choose(small) + 1
  draw.choose(colourWords)
  const kind = draw.choose(n === 1 ? animalOne : animalMany)
  draw.choose(seeWays)
  draw.choose(words.places)
  draw.write(`, and the ${words.animals[kind][n === 1 ? 0 : 1]} ${n === 1 ? 'was' : 'were'} `)
  draw.choose(words.conditions)
  endSentence(story, me)
}

function compare(story: Story, me: number): void {
  const { draw, cast } = story
  const mine = cast[me]
  const held = [...mine.goods.entries()]
  const options = table(held.map(([g]) => `${possessive(mine)} ${words.goods[g][1]} beside those of `),
  held.map(() => 1))
  const [good, n] = held[draw.choose(options)]
  const other = cast[drawOther(story, '', '', me)]
  const difference = n - (other.goods.get(good) ?? 0)
  const more: Person = difference > 0 ? mine : other
  draw.write(difference === 0 ? ', and they had the same number'
    : `, and ${more.name} had ${words.numberWord(Math.abs(difference))} more`)
  endSentence(story, me)
}

const spellWords = table([...words.places.surfaces, ...words.topics.surfaces].filter((word) => !word.includes('-')))
const spellQuoted = table(spellWords.surfaces.map((word) => `"${word}": `), spellWords.weights)

function spell(story: Story, me: number): void {
  const { draw } = story
  const word = spellWords.surfaces[draw.choose(spellQuoted)]
  draw.write(word.toUpperCase().split('').join('-'))
  endSentence(story, me)
}
