// What both the editor and the diff view need from CodeMirror: colours and a plain way to type.

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorSelection, EditorState, StateEffect, StateField } from '@codemirror/state'
import type { ChangeSet, Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: 'var(--code-name)' },
  { tag: [tags.heading, tags.strong], fontWeight: '600' },
  { tag: tags.emphasis, fontStyle: 'italic' },
])

/** Fonts, colours and wrapping by the page's tokens, so that light and dark need no second theme. */
export const look: Extension = [
  syntaxHighlighting(colours),
  EditorView.theme({
    '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '0.8125rem', height: '100%' },
    '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55', overflow: 'auto' },
    '.cm-content': { caretColor: 'var(--ink)' },
    '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', border: 'none' },
    '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  }),
]

interface Past { undo: ChangeSet[]; redo: ChangeSet[]; lastAt: number }

const travel = StateEffect.define<'undo' | 'redo'>()
const GROUP_MS = 500

/** Undo as a stack of inverted changes; typing within half a second is one step. */
const past = StateField.define<Past>({
  create: () => ({ undo: [], redo: [], lastAt: 0 }),
  update(value, transaction) {
    if (!transaction.docChanged) return value
    const inverted = transaction.changes.invert(transaction.startState.doc)
    const way = transaction.effects.find((effect) => effect.is(travel))?.value
    if (way === 'undo') return { undo: value.undo.slice(0, -1), redo: [...value.redo, inverted], lastAt: 0 }
    if (way === 'redo') return { undo: [...value.undo, inverted], redo: value.redo.slice(0, -1), lastAt: 0 }
    const now = Date.now()
    const top = value.undo.at(-1)
    const undo = top && now - value.lastAt < GROUP_MS
      ? [...value.undo.slice(0, -1), inverted.compose(top)]
      : [...value.undo, inverted].slice(-200)
    return { undo, redo: [], lastAt: now }
  },
})

function go(way: 'undo' | 'redo') {
  return (view: EditorView): boolean => {
    const changes = view.state.field(past)[way].at(-1)
    if (!changes) return true
    let anchor = 0
    changes.iterChangedRanges((_fromBefore, _toBefore, _from, to) => {
      anchor = to
    })
    view.dispatch({ changes, selection: { anchor }, effects: travel.of(way), scrollIntoView: true })
    return true
  }
}

/** Enter keeps the indentation of the line above. */
function newline(view: EditorView): boolean {
  const { state } = view
  const changes = state.changeByRange((range) => {
    const indent = /^\s*/.exec(state.doc.lineAt(range.from).text)?.[0] ?? ''
    return {
      changes: { from: range.from, to: range.to, insert: `\n${indent}` },
      range: EditorSelection.cursor(range.from + 1 + indent.length),
    }
  })
  view.dispatch(state.update(changes, { scrollIntoView: true, userEvent: 'input' }))
  return true
}

// Only the lines in sight are in the document, so the browser's own keys would stop at their edge.
function toEdge(edge: 'start' | 'end', extend: boolean) {
  return (view: EditorView): boolean => {
    const head = edge === 'start' ? 0 : view.state.doc.length
    view.dispatch({
      selection: { anchor: extend ? view.state.selection.main.anchor : head, head },
      scrollIntoView: true,
    })
    return true
  }
}

function selectAll(view: EditorView): boolean {
  view.dispatch({ selection: { anchor: 0, head: view.state.doc.length } })
  return true
}

export const typing: Extension = [
  past,
  keymap.of([
    { key: 'Mod-a', run: selectAll },
    { key: 'Mod-Home', mac: 'Cmd-ArrowUp', run: toEdge('start', false), shift: toEdge('start', true) },
    { key: 'Mod-End', mac: 'Cmd-ArrowDown', run: toEdge('end', false), shift: toEdge('end', true) },
    { key: 'Mod-z', run: go('undo'), preventDefault: true },
    { key: 'Mod-y', run: go('redo'), preventDefault: true },
    { key: 'Mod-Shift-z', run: go('redo'), preventDefault: true },
    { key: 'Enter', run: newline },
  ]),
]

export const readOnly: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)]
