// One layout for every program, so that a difference between two commits is a difference of meaning. Prettier is
// loaded when the first text edit comes (136 kB gzip, never part of the first load); pinned, so that browser and Node
// write the same bytes. The default train.js is laid out like this already, so an edit changes no other line.

import type { Options } from 'prettier'

const LAYOUT: Options = { parser: 'acorn', semi: false, singleQuote: true, printWidth: 120 }

/** Laying out takes time that grows with the cube of the nesting: a text that no person would write is left as it is. */
const MOST_CHARS = 80_000
const MOST_NESTING = 40

/** Lays a program out; what cannot be parsed, or is too tangled, comes back as it is, for the box to judge. */
export async function formatProgram(source: string): Promise<string> {
  if (source.length > MOST_CHARS || nesting(source) > MOST_NESTING) return source
  const [{ format }, acorn, estree] = await Promise.all([
    import('prettier/standalone'),
    import('prettier/plugins/acorn'),
    import('prettier/plugins/estree'),
  ])
  try {
    return await format(source, { ...LAYOUT, plugins: [acorn, estree] })
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof RangeError) return source
    throw thrown
  }
}

/** Brackets open at once at most, those in texts and comments included. */
function nesting(source: string): number {
  let open = 0
  let most = 0
  for (const [bracket] of source.matchAll(/[()[\]{}]/g)) {
    if ('([{'.includes(bracket)) most = Math.max(most, ++open)
    else if (open > 0) open--
  }
  return most
}
