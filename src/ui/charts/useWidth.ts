import { useEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'

// a chart in a box that is just being laid out must not get a negative plot
const MIN_WIDTH = 160

/** The element's width in CSS pixels, followed as it changes. */
export function useWidth<T extends Element>(initial: number): [RefObject<T | null>, number] {
  const ref = useRef<T>(null)
  const [width, setWidth] = useState(initial)
  useEffect(() => {
    if (!ref.current) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(MIN_WIDTH, Math.round(entry.contentRect.width))))
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}
