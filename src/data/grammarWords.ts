// The vocabulary of the built-in grammar, commonest first: tables over these lists follow Zipf's law.

import { table } from './grammarDraw'

const words = (text: string): string[] => text.trim().split(/\s+/)

export const sheNames = words(`Mia Nora Ada Ivy Ruth Clara Hazel Greta Tilda Edith Opal Wren Fern Bella Stella Rosa Lena
  Anna Maud Agnes Cora Dora Elsa Flora Hetty Inga Joan Kitty Lotte Mabel Nell Olive Pearl Queenie Sylvie Thea Una Vera
  Willa Zelda Beryl Daphne Esther Freya Gwen Ilse Juno Marta Petra Sabine`)
export const heNames = words(`Tom Ben Otto Hugo Sam Felix Jonas Ralph Ned Oscar Finn Karl Leo Max Noel Percy Rufus
  Silas Theo Victor Walter Adam Basil Cedric Dylan Edgar Frank George Harold Isaac Jasper Kurt Lars Miles Nathan Owen
  Pavel Quentin Robin Stefan Tobias Ulric Vincent Wilfred Xaver Yorick Zach Anton Bruno Conrad`)

/** surnames and towns are put together from parts, so that most must be copied, not known */
export const surnameHeads = words(`Ash Bram Cole Dun Elm Fair Gold Hart Iron Kings Lang Mar North Oak Pen Quill Rush
  Stone Thorn Under Vale West Wood Yar`)
export const surnameTails = words('by field well worth bury cott ham ley stead shaw ridge croft ford combe lock mere')
export const townHeads = words('Brin Cor Dal Ester Fenn Glim Hol Ket Lorn Mill Nor Pell Rav Sel Tarn Wex')
export const townTails = words('dle bridge gate haven port ton mouth side wick minster')

export const trades = table(words(`baker farmer miller teacher sailor painter tailor doctor hunter carpenter gardener
  fisher potter weaver shepherd singer blacksmith clockmaker printer cook mason brewer barber cobbler saddler archer
  astronomer beekeeper locksmith innkeeper organist umpire glazier cooper tinker chandler juggler engraver`))
export const places = table(words(`mill river market church barn forest bridge well harbour meadow tower inn orchard
  school castle quarry stable chapel lighthouse vineyard pond library smithy bakery garden cave ferry windmill graveyard
  watchtower brewery dairy sawmill marsh crossroads toll-house kiln theatre`))
export const placeWays = table(['near ', 'behind ', 'beside ', 'beyond ', 'opposite ', 'above ', 'below '])

/** things that can be counted: singular and plural */
export const goods = words(`apple/apples plum/plums nut/nuts egg/eggs coin/coins button/buttons candle/candles
  shell/shells pear/pears loaf/loaves stone/stones bead/beads feather/feathers cherry/cherries ribbon/ribbons
  fish/fish brick/bricks nail/nails berry/berries cake/cakes onion/onions lemon/lemons turnip/turnips marble/marbles
  acorn/acorns horseshoe/horseshoes carrot/carrots biscuit/biscuits cork/corks pie/pies herring/herrings arrow/arrows
  walnut/walnuts peach/peaches knife/knives tile/tiles pebble/pebbles sausage/sausages needle/needles ticket/tickets
  bottle/bottles cabbage/cabbages thimble/thimbles brush/brushes match/matches bun/buns hook/hooks quince/quinces
  radish/radishes chestnut/chestnuts`).map((pair) => pair.split('/') as [string, string])
export const animals = words(`dog/dogs cat/cats hen/hens horse/horses goose/geese goat/goats sheep/sheep duck/ducks
  mouse/mice owl/owls pig/pigs crow/crows fox/foxes donkey/donkeys ox/oxen swan/swans rabbit/rabbits pony/ponies
  deer/deer badger/badgers calf/calves magpie/magpies hare/hares otter/otters turkey/turkeys frog/frogs wolf/wolves
  falcon/falcons beaver/beavers squirrel/squirrels`).map((pair) => pair.split('/') as [string, string])
export const objects = words(`key lamp ring kite drum clock flute box mirror map book sword bell hat spoon basket
  lantern trumpet coat compass violin saddle umbrella whistle ladder telescope goblet anvil puppet blanket`)
export const materials = words(`silver wooden golden copper glass iron leather paper broken painted crooked enormous
  stolen ivory ancient rusty velvet tiny striped hollow`)
export const colours = words(`red black white brown grey green blue yellow golden spotted orange purple silver scarlet
  tawny amber indigo`)

export const adjectives = table(['', ...words(`old small big good young kind strange quiet clever poor brave tall proud
  merry lazy wise lonely honest patient gentle stubborn careful hungry curious cheerful famous clumsy sleepy generous
  grumpy humble nervous polite restless thrifty eager idle odd absent-minded uneasy`).map((word) => `${word} `)])
export const feelings = table(words(`happy sad tired angry glad afraid proud sorry lonely hungry cold ill surprised
  ashamed cross jealous calm bored grateful puzzled hopeful worried thirsty dizzy homesick delighted anxious amazed
  content furious restless bewildered`))
export const conditions = table(words(`loud wet cold old clean empty heavy bright broken dirty quiet warm ready dusty
  crooked smooth damp pale slow fragrant noisy rotten sturdy slippery narrow shiny ragged brittle`))
export const adverbs = table(['', ...words(`slowly quickly quietly gladly soon often carefully suddenly bravely calmly
  sadly eagerly secretly politely proudly lazily twice nervously gently cheerfully reluctantly`).map((w) => ` ${w}`)])
export const sizes = table(['', ...words(`ripe fine tiny huge fresh stale pretty cheap rare spare cracked sweet bitter
  common dear wrinkled`).map((word) => ` ${word}`)])
export const deeds = table(words(`followed feared met admired chased helped forgot painted envied visited fed thanked
  blamed watched carried rescued cheated warned taught married obeyed mocked outran serenaded measured`))
export const weathers = table(words(`rained snowed thundered hailed drizzled poured froze thawed`))
export const times = table([' all day', ' all night', ' at dawn', ' until noon', ' in the evening', ' for an hour',
  ' without end', ' after dark', ' before breakfast'])
export const likes = table(words('like fear love want miss hate need remember trust dread admire envy'))
export const topics = table(words(`bread music winter summer gold rain silence bees company ghosts cheese snow work
  honey storms gossip soup sleep stories sunlight dancing strangers money tea mountains riddles thunder mushrooms poetry
  fog lightning clocks parsley geography porridge`))
export const weekdays = words('Monday Tuesday Wednesday Thursday Friday Saturday Sunday')

/** each line is one rhyme; a couplet takes two words of one line */
export const rhymes = [
  'day way bay clay hay play ray', 'night light sight kite height flight knight', 'tree sea bee knee tea pea flea',
  'moon noon spoon tune balloon dune', 'rain lane train chain grain plain pain crane', 'gold fold cold hold mould',
  'ring king spring wing string swing', 'stone bone throne moan loan cone', 'bell well shell spell farewell cell',
  'door floor shore roar oar boar', 'hill mill chill will quill thrill', 'boat coat goat note float throat moat',
  'sky pie fly goodbye lie eye', 'snow crow bow glow toe doe', 'town crown gown frown clown',
  'bed bread head thread sled shed',
  'land sand hand band stand', 'star jar tar guitar car scar', 'heat street feet wheat sheet',
  'fire choir wire lyre spire',
].map(words)
export const rhymeStarts = table(['the wind', 'the river', 'the miller', 'my love', 'the sparrow', 'the soldier',
  'a child',
  'the ferryman', 'the king', 'a stranger', 'the winter', 'an owl', 'the old year', 'a candle'])
export const rhymeVerbs = table([' goes', ' waits', ' sings', ' sleeps', ' comes', ' turns', ' weeps', ' looks',
  ' calls',
  ' wanders', ' whispers', ' hurries'])
export const rhymeLinks = table([' with the ', ' and the ', ' like the ', ' without ', ' past ', ' for the ',
  ' by the ',
  ' before the ', ' behind the ', ' under the '])

const units = words(`zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
  sixteen seventeen eighteen nineteen`)
const tens = words('_ _ twenty thirty forty fifty sixty seventy eighty ninety')

/** English words for 0 … 999. */
export function numberWord(n: number): string {
  if (n < 20) return units[n]
  if (n < 100) return tens[Math.floor(n / 10)] + (n % 10 ? `-${units[n % 10]}` : '')
  return `${units[Math.floor(n / 100)]} hundred` + (n % 100 ? ` and ${numberWord(n % 100)}` : '')
}

/** The word with its article: a mill, an inn. */
export const withArticle = (word: string): string => `${/^([aeiou]|honest)/i.test(word) ? 'an' : 'a'} ${word}`
