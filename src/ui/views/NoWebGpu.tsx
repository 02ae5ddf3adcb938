import type { GpuSupport } from '../state/gpuSupport'

/** Why nothing can be trained here, and what to do about it. */
export function NoWebGpu({ support }: { support: GpuSupport }) {
  return (
    <section className="no-gpu" aria-labelledby="no-gpu-title">
      <div>
        <h2 id="no-gpu-title">This browser cannot train yet</h2>
        <p>
          {support.what} Assay trains on the graphics card through WebGPU, so it cannot start here. Labs recorded in this
          browser stay readable. Seen: <b>{support.where}</b>.
        </p>
      </div>
      <div>
        <h3>What to do</h3>
        <ol>
          {support.steps.map((step) => <li key={step}>{step}</li>)}
        </ol>
      </div>
    </section>
  )
}
