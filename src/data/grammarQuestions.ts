// Questions in a story of the built-in grammar. What is asked is drawn; every answer follows from the story, so
// it costs nothing to a reader who has kept track and several bits to one who has not.

import { table } from './grammarDraw'
import { drawOther, endSentence, formalWeight, pronoun } from './grammarStory'
import type { Story } from './grammarStory'
import * as words from './grammarWords'

/** Writes the rest of a question to `asked`, which began with its lead, and returns the answer. */
type Question = (story: Story, me: number, asked: number) => string

const hasThird = (story: Story): boolean => story.cast.length > 2
const third = (story: Story, me: number, asked: number, test: (i: number) => boolean): number[] =>
  story.cast.map((_, i) => i).filter((i) => i !== me && i !== asked && test(i))

const questions: [string, number, (story: Story, me: number, asked: number) => boolean, Question][] = [
  ['"who has the ', 6, () => true, whoHas],
  ['"where is ', 4, hasThird, (story, me, asked) => `at the ${story.cast[drawOther(story, '', '', me, asked)].place}`],
  ['"how many ', 5, (story, me, asked) => withGoods(story, me, asked).length > 0, howMany],
  ['"what did ', 5, (story, me, asked) => whoSpoke(story, me, asked).length > 0, whatSaid],
  ['"what is ', 4, () => true, sum],
  ['"how old is ', 3, hasThird, (story, me, asked) =>
    words.numberWord(story.cast[drawOther(story, '', '', me, asked)].age)],
  ['"what day is it', 3, () => true, (story) => words.weekdays[story.weekday]],
  ['"who is older, ', 3, () => true, whoIsOlder],
  ['"what trade has ', 3, hasThird, (story, me, asked) =>
    trade(story, drawOther(story, '', '', me, asked))],
]
const replies = table(['said ', 'answered ', 'replied ', 'whispered ', 'laughed ', 'sighed '], [9, 5, 4, 2, 1, 1])
const leads = questions.map(([lead]) => lead)

/** "asked" has been written: draws whom, what, and how the answering person is named; writes the true answer. */
export function askQuestion(story: Story, me: number): void {
  const { draw, cast } = story
  const asked = drawOther(story, '', ', ', me)
  const weights = questions.map(([, weight, condition]) => (condition(story, me, asked) ? weight : 0))
  const answer = questions[draw.choose(table(leads, weights))][3](story, me, asked)
  draw.write('?" ')
  draw.startSentence()
  draw.write(`"${answer}," `)
  draw.choose(replies)
  draw.choose(table([cast[asked].name, cast[asked].formal], [3, formalWeight(story, asked, 2)]))
  endSentence(story, asked)
}

function trade(story: Story, who: number): string {
  const person = story.cast[who]
  return `${pronoun(person)} is ${words.withArticle(person.trade)}`
}

function whoHas(story: Story, me: number, asked: number): string {
  const { draw, cast, objects } = story
  const { owner } = objects[draw.choose(table(objects.map(({ name }) => name), objects.map(() => 1)))]
  if (owner === me) return 'you do'
  return owner === asked ? 'I do' : `${cast[owner].name} does`
}

const withGoods = (story: Story, me: number, asked: number): number[] =>
  third(story, me, asked, (i) => story.cast[i].goods.size > 0)

function howMany(story: Story, me: number, asked: number): string {
  const { draw, cast } = story
  const held = withGoods(story, me, asked).flatMap((i) => [...cast[i].goods].map(([good, n]) => ({ i, good, n })))
  const options = table(held.map(({ i, good }) => `${words.goods[good][1]} has ${cast[i].name}`), held.map(() => 1))
  return words.numberWord(held[draw.choose(options)].n)
}

const whoSpoke = (story: Story, me: number, asked: number): number[] =>
  third(story, me, asked, (i) => story.cast[i].said !== null)

function whatSaid(story: Story, me: number, asked: number): string {
  const { draw, cast } = story
  const speakers = whoSpoke(story, me, asked)
  const options = table(speakers.map((i) => `${cast[i].name} say`), speakers.map(() => 1))
  return `${cast[speakers[draw.choose(options)]].said}`
}

const terms = table(Array.from({ length: 30 }, (_, i) => words.numberWord(i + 1)),
  Array.from({ length: 30 }, (_, i) => 40 - i))
const operations = table([' and ', ' times '], [3, 2])

function sum(story: Story): string {
  const { draw } = story
  const a = draw.choose(terms) + 1
  const times = draw.choose(operations) === 1
  const b = draw.choose(terms) + 1
  return words.numberWord(times ? a * b : a + b)
}

function whoIsOlder(story: Story): string {
  const { cast } = story
  const first = drawOther(story, '', ' or ')
  const second = drawOther(story, '', '', first)
  const difference = cast[first].age - cast[second].age
  if (difference === 0) return 'they are the same age'
  return cast[difference > 0 ? first : second].name
}
