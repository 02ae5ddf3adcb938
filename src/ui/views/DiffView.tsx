import { javascript } from '@codemirror/lang-javascript'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { look, readOnly } from './editorSetup'

/** Two versions of train.js as one text with the changed lines marked; equal stretches are folded. */
export default function DiffView({ before, after }: { before: string; after: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const view = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          javascript(),
          look,
          readOnly,
          EditorView.contentAttributes.of({ 'aria-label': 'train.js, changes marked', tabindex: '0' }),
          before === after ? [] : unifiedMergeView({
            original: before,
            mergeControls: false,
            highlightChanges: true,
            gutter: true,
            collapseUnchanged: { margin: 3, minSize: 6 },
          }),
        ],
      }),
    })
    return () => view.destroy()
  }, [before, after])
  return <div className="code-editor" ref={host} />
}
