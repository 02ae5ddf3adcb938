import { useEffect, useRef, useState } from 'react'
import { useSession } from '../state/context'
import type { LossPlot } from './lossPlot'
import { useWidth } from './useWidth'

const HEIGHT = 232

/** The loss of the run in progress, over the incumbent's. The box keeps its height while the code arrives. */
export function LossChart({ ghost }: { ghost: Float32Array | null }) {
  const { curve } = useSession()
  const [host, width] = useWidth<HTMLDivElement>(480)
  const [plot, setPlot] = useState<LossPlot | null>(null)
  const size = useRef(width)

  useEffect(() => {
    size.current = width
    plot?.resize(width, HEIGHT)
  }, [plot, width])

  useEffect(() => {
    let made: LossPlot | null = null
    let live = true
    void import('./lossPlot').then(({ createLossPlot }) => {
      if (!live || !host.current) return
      made = createLossPlot(host.current, curve.ring, size.current, HEIGHT)
      setPlot(made)
    })
    return () => {
      live = false
      made?.destroy()
    }
  }, [curve, host])

  useEffect(() => {
    if (!plot) return undefined
    const themes = new MutationObserver(() => plot.recolour())
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    const stop = curve.subscribe(plot.draw)
    return () => {
      themes.disconnect()
      stop()
    }
  }, [plot, curve])

  useEffect(() => plot?.setGhost(ghost), [plot, ghost])

  return <div className="loss-chart" ref={host} style={{ height: HEIGHT }} aria-hidden="true" />
}
