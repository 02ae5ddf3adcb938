// What both the editor and the diff view need from CodeMirror: colours and a plain way to type.

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { styleNonce } from '../policy/inForce'

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
  EditorView.cspNonce.of(styleNonce()),
  EditorView.theme({
    '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '0.8125rem', height: '100%' },
    '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.55', overflow: 'auto' },
    '.cm-content': { caretColor: 'var(--ink)' },
    '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', border: 'none' },
    '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  }),
]

/**
 * Text typed over a selection, before Chromium gets to it: it would dress the text in the look of what it replaces, by a
 * style attribute, which the page's policy refuses.
 */
const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { inputType, data } = event
    if (inputType !== 'insertText' || data === null || view.composing || view.state.selection.main.empty) return false
    event.preventDefault()
    view.dispatch(view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true }))
    return true
  },
})

export const typing: Extension = [history(), keymap.of([...defaultKeymap, ...historyKeymap]), replacing]

export const readOnly: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)]
