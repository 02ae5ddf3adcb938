// The live curve on canvas. Loaded only when a run is shown: uPlot is not part of the first load.

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { smoothing } from '../state/pointRing'
import type { PointRing } from '../state/pointRing'

export interface LossPlot {
  /** Draws what the ring holds now; views, not copies. */
  draw(): void
  /** A finished curve behind the live one: [step, loss] pairs. */
  setGhost(curve: Float32Array | null): void
  resize(width: number, height: number): void
  recolour(): void
  destroy(): void
}

/** Puts a plot into `host`. Colours come from the page's tokens. */
export function createLossPlot(host: HTMLElement, ring: PointRing, width: number, height: number): LossPlot {
  let ghost: Float32Array | null = null
  let plot = build()

  function build(): uPlot {
    const style = getComputedStyle(document.documentElement)
    const token = (name: string) => style.getPropertyValue(name).trim()
    const font = `12px ${token('--font-sans')}`
    const axis = {
      stroke: token('--ink-3'),
      font,
      grid: { stroke: token('--line'), width: 1 },
      ticks: { show: false },
    }
    return new uPlot({
      width,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: false, range: () => [0, Math.max(1, ring.lastStep, ghostEnd(ghost))] },
        y: { range: (_, min, max) => lossRange(min, max, ghost) },
      },
      axes: [{ ...axis, size: 30, space: 60 }, { ...axis, size: 44, space: 34 }],
      series: [
        {},
        { stroke: token('--curve-faint'), width: 1, points: { show: false } },
        { stroke: token('--curve'), width: 2, points: { show: false } },
      ],
      hooks: { drawAxes: [(self) => drawGhost(self, ghost, token('--ghost'))] },
    }, data(ring), host)
  }

  return {
    draw: () => plot.setData(data(ring)),
    setGhost(curve) {
      ghost = curve
      plot.setData(data(ring))
    },
    resize(nextWidth, nextHeight) {
      width = nextWidth
      height = nextHeight
      plot.setSize({ width, height })
    },
    recolour() {
      plot.destroy()
      plot = build()
    },
    destroy: () => plot.destroy(),
  }
}

function data(ring: PointRing): uPlot.AlignedData {
  const { length } = ring
  return [ring.step.subarray(0, length), ring.loss.subarray(0, length), ring.smooth.subarray(0, length)]
}

function ghostEnd(ghost: Float32Array | null): number {
  return ghost && ghost.length >= 2 ? ghost[ghost.length - 2] : 0
}

function lossRange(min: number | null, max: number | null, ghost: Float32Array | null): [number, number] {
  let low = min ?? Number.POSITIVE_INFINITY
  let high = max ?? Number.NEGATIVE_INFINITY
  for (let i = 1; ghost && i < ghost.length; i += 2) {
    low = Math.min(low, ghost[i])
    high = Math.max(high, ghost[i])
  }
  if (!Number.isFinite(low)) return [0, 6]
  const margin = Math.max(0.05, (high - low) * 0.06)
  return [low - margin, high + margin]
}

function drawGhost(plot: uPlot, ghost: Float32Array | null, colour: string) {
  if (!ghost || ghost.length < 4) return
  const { ctx } = plot
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = 1.5 * uPlot.pxRatio
  ctx.setLineDash([5 * uPlot.pxRatio, 4 * uPlot.pxRatio])
  ctx.beginPath()
  let average = 0
  for (let i = 0; i < ghost.length; i += 2) {
    // a stored curve is raw batch losses: smoothed like the live one
    const keep = smoothing(i / 2)
    average = keep * average + (1 - keep) * ghost[i + 1]
    const x = plot.valToPos(ghost[i], 'x', true)
    const y = plot.valToPos(average, 'y', true)
    if (i === 0) ctx.moveTo(x, y)
    else ctx.lineTo(x, y)
  }
  ctx.stroke()
  ctx.restore()
}
