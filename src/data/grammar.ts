// The built-in corpus: small stories from a seeded stochastic grammar. It needs no network, is nobody else's text,
// and its information content is known exactly, because every draw can be read back from the text (grammarDraw.ts).
//
// How the floor counts. A document's bits are Σ −log2 p over its own draws, and its bytes are all of its bytes. That a
// document ends is itself a draw, shown by the words that open the closing rhyme, so the end-of-document token costs
// nothing more, just as the evaluator leaves specials out of both of its sums. Documents are independent draws, so
// bits add over any set of documents: the floor of a split is Σ bits / Σ bytes over its documents. Where a row begins
// in the middle of a document, a model lacks what went before and pays more than the floor, never less.

import { Rng } from '../core/rng'
import { StoryReader, StoryWriter, table } from './grammarDraw'
import type { Draw } from './grammarDraw'
import { happen } from './grammarEvents'
import { endSentence, formalWeight, openStory, pronoun } from './grammarStory'
import type { Story } from './grammarStory'
import * as words from './grammarWords'

const minEvents = 6
const maxEvents = 48

const laps = [0, 1, 2, 3, 5]
const [weatherAt, songAt, rumourAt, endingAt] = [0, 1, 2, 3]
const impersonal = ['it ', 'somebody sang:', 'people in ', 'so the story ends with a rhyme:',
  'that is all, except for the song:', 'nothing more is known but this verse:']
const impersonalWeights = [3, 2, 9, 3, 3, 3]

/** Writes (or reads) one story from its first word to its last. */
function tellStory(draw: Draw): void {
  const story = openStory(draw)
  while (!nextEvent(story)) story.events++
}

/** One event; true when it was the last. */
function nextEvent(story: Story): boolean {
  const { draw, cast } = story
  const lap = laps[draw.choose(lapTable(story))]
  story.weekday = (story.weekday + lap) % 7
  const surfaces: string[] = []
  const weights: number[] = []
  const last = story.events >= maxEvents
  impersonal.forEach((lead, i) => {
    surfaces.push(lead)
    const allowed = i < endingAt ? !last : story.events >= minEvents
    weights.push(allowed ? impersonalWeights[i] : 0)
  })
  for (let i = 0; i < cast.length; i++) {
    const current = i === story.subject
    surfaces.push(cast[i].name, cast[i].formal, pronoun(cast[i]))
    const [byName, byTitle, byPronoun] = last ? [0, 0, 0] : current ? [4, 2, 18] : [10, 4, 0]
    weights.push(byName, formalWeight(story, i, byTitle), byPronoun)
  }
  const choice = draw.choose(table(surfaces, weights))
  if (choice >= impersonal.length) {
    happen(story, Math.floor((choice - impersonal.length) / 3))
    return false
  }
  if (choice === weatherAt) {
    draw.choose(words.weathers)
    draw.choose(words.times)
    endSentence(story, -1)
    return false
  }
  if (choice === rumourAt) {
    rumour(story)
    return false
  }
  draw.write('\n')
  draw.startSentence()
  couplet(draw)
  if (choice === songAt) endSentence(story, -1)
  else draw.write('.\n')
  return choice !== songAt
}

const lapWeights = [60, 6, 3, 2, 1]

/** How many days pass: written out, with the day of the week that follows. */
function lapTable(story: Story): ReturnType<typeof table> {
  return table(laps.map((lap) => {
    if (lap === 0) return ''
    const when = lap === 1 ? 'the next day' : `${words.numberWord(lap)} days later`
    return `${when}, on ${words.weekdays[(story.weekday + lap) % 7]}, `
  }), lapWeights)
}

const beliefs = table([' say that ', ' swear that ', ' know that ', ' doubt that ', ' often tell how '])
const figures = table([...words.trades.surfaces, ...words.animals.map(([one]) => one)])

/** Gossip: nothing follows from it but the name of the town. */
function rumour(story: Story): void {
  const { draw } = story
  draw.write(story.town)
  draw.choose(beliefs)
  draw.write('the ')
  draw.choose(words.adjectives)
  draw.choose(figures)
  draw.write(' ')
  draw.choose(words.deeds)
  draw.write(' the ')
  draw.choose(words.adjectives)
  draw.choose(figures)
  draw.choose(words.times)
  endSentence(story, -1)
}

const rhymeWords = table(words.rhymes.flat())
const soundOf = words.rhymes.flatMap((list, sound) => list.map(() => sound))
const secondStarts = words.rhymeStarts.surfaces.map((start) => `and ${start}`)

/** Two lines that rhyme: the last word of the second is drawn from the rhymes of the first. */
function couplet(draw: Draw): void {
  const start = draw.choose(words.rhymeStarts)
  draw.choose(words.rhymeVerbs)
  draw.choose(words.rhymeLinks)
  const rhyme = draw.choose(rhymeWords)
  draw.write(',\n')
  draw.choose(table(secondStarts, words.rhymeStarts.weights.map((weight, i) => (i === start ? 0 : weight))))
  draw.choose(words.rhymeVerbs)
  draw.choose(words.rhymeLinks)
  const sound = words.rhymes[soundOf[rhyme]]
  draw.choose(table(sound, sound.map((word) => (word === rhymeWords.surfaces[rhyme] ? 0 : 1))))
}

export interface GrammarCorpus {
  documents: Uint8Array[]
  /** information content of each document in bits */
  bits: number[]
  byteCount: number
  /** Σ bits / Σ bytes over all documents */
  floorBpb: number
}

/**
 * Writes stories until there are at least `bytes` bytes; the same seed gives the same bytes, and more bytes
 * only add documents at the end.
 * Story i draws from its own stream, so bits add: bits[i] = Σ −log2 p(draw).
 */
export function generateCorpus(options: { seed: number; bytes: number }): GrammarCorpus {
  const encoder = new TextEncoder()
  const documents: Uint8Array[] = []
  const bits: number[] = []
  let byteCount = 0
  let total = 0
  while (byteCount < options.bytes) {
    const writer = new StoryWriter(new Rng(options.seed, `story ${documents.length}`))
    tellStory(writer)
    const document = encoder.encode(writer.text)
    documents.push(document)
    bits.push(writer.bits)
    byteCount += document.length
    total += writer.bits
  }
  return { documents, bits, byteCount, floorBpb: byteCount ? total / byteCount : 0 }
}

/**
 * Reads a story's draws back from its text.
 * @returns its information content in bits, and how many draws it took
 * @throws RangeError where the text is not a story of this grammar
 */
export function readStory(text: string): { bits: number; draws: number } {
  const reader = new StoryReader(text)
  tellStory(reader)
  if (reader.position !== text.length) throw new RangeError(`text goes on after the story's end, at ${reader.position}`)
  return { bits: reader.bits, draws: reader.count }
}
