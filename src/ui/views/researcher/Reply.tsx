import { useEffect, useRef } from 'react'
import { useApp } from '../../state/context'

/** The end of what a model is answering, as it comes. It is somebody else's text: shown as text, whatever it holds. */
export function Reply() {
  const reply = useApp((state) => state.status.labId === state.labId ? state.status.reply : null)
  const box = useRef<HTMLPreElement>(null)
  useEffect(() => {
    const { current } = box
    if (current) current.scrollTop = current.scrollHeight
  }, [reply?.text])
  if (!reply || reply.text === '') return null
  return (
    <figure className="reply">
      <figcaption>{reply.proposer} is answering</figcaption>
      <pre ref={box} tabIndex={0} aria-label={`Answer of ${reply.proposer}, as it comes`}>{reply.text}</pre>
    </figure>
  )
}
