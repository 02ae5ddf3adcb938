import { javascript } from '@codemirror/lang-javascript'
import { markdown } from '@codemirror/lang-markdown'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { look, typing } from './editorSetup'

/** A text editor for one file. Tab moves on to the next control, as everywhere on the page. */
export default function CodeEditor({ label, language, text, onChange }: {
  label: string
  language: 'javascript' | 'markdown'
  text: string
  onChange: (text: string) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const changed = useRef(onChange)
  const initial = useRef(text)
  useEffect(() => {
    changed.current = onChange
  }, [onChange])

  useEffect(() => {
    const made = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          lineNumbers(),
          drawSelection(),
          highlightActiveLine(),
          language === 'javascript' ? javascript() : [markdown(), EditorView.lineWrapping],
          look,
          typing,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [label, language])

  // text that came from elsewhere (undo all, a new incumbent) replaces what is shown
  useEffect(() => {
    const { current } = view
    initial.current = text
    if (current && current.state.doc.toString() !== text) {
      current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: text } })
    }
  }, [text])

  return <div className="code-editor" ref={host} />
}
