// Text that the lab did not write, on its way into a prompt. Two brackets that nothing from outside keeps mark where
// it begins and ends, so no text can close its own quotation or open another.

/** How a quotation is meant: facts to weigh; or the wish of the person whose lab this is. */
export type QuoteKind = 'data' | 'words'

const OPEN = '⟦'
const CLOSE = '⟧'

/** The line after every quotation. */
export const END = `${OPEN}end${CLOSE}`

/**
 * A quotation between its two lines.
 * @param title the lab's own words
 */
export function quote(kind: QuoteKind, title: string, body: string): string {
  return `${OPEN}${kind}: ${title}${CLOSE}\n${clean(body)}\n${END}`
}

/**
 * Text without our brackets and what looks like them, without control characters and what is not seen (marks that turn
 * the direction of writing, zero-width and tag characters, halves of characters); line ends are \n.
 */
export function clean(text: string): string {
  return text
    .replace(/\r\n|[\r\u0085\u2028\u2029]/g, '\n')
    .replace(/[⟦〚⟬]/g, '[')
    .replace(/[⟧〛⟭]/g, ']')
    .replace(/[^\P{C}\n\t]|\p{Default_Ignorable_Code_Point}/gu, '')
}

/** The same, held to a length; an ellipsis stands for what was cut. */
export function bounded(text: string, most: number): string {
  const whole = clean(text.length > 4 * most ? text.slice(0, 4 * most) : text)
  return whole.length <= most ? whole : `${whole.slice(0, most - 1).replace(/\p{Surrogate}$/u, '')}…`
}

/** The same on one line. */
export function oneLine(text: string, most: number): string {
  return bounded(clean(text.slice(0, 8 * most)).replace(/\s+/g, ' ').trim(), most)
}

/** A cell of a table whose columns are told apart by bars. */
export function cell(text: string, most: number): string {
  return oneLine(text, most).replaceAll('|', '/') || '-'
}
