import { create, globals } from 'webgpu'
import { openDevice } from '../engine/backends/webgpu/device'
import software from '../../shaders/matmul_software.wgsl?raw'
import { expandTemplate } from '../engine/template'
Object.assign(globalThis, globals)
const gpu = create([]); Object.defineProperty(globalThis, 'di', { value: gpu })
const { device } = await openDevice(gpu)
const shapes: [string, number, number, number][] = [['NT', 1024, 384, 96], ['NN', 1024, 96, 384], ['TN', 384, 96, 1024], ['NT',1024,96,384],['NN',1024,384,96],['TN',96,384,1024],['TN',96,96,1024],['NT',1024,96,96]]
const tiles = [[16,8],[8,8],[16,4],[8,4],[4,4],[4,8],[4,16],[8,16]]
const wgs = [[4,1],[4,4],[8,4],[4,2],[8,1],[8,8],[4,8]]
for (const [orient, M, N, K] of shapes) {
  const out: [number, string][] = []
  for (const [TM, TN] of tiles) for (const [WX, WY] of wgs) {
    if (process.argv[2] && !process.argv[2].includes(orient)) continue
    const code = expandTemplate(software, { M, N, K, MIX: false, ROWS: orient === 'TN' ? M : 0, BIAS: false, ACC: false, A_STRIDE: 0, B_STRIDE: 0, C_STRIDE: 0, ORIENT: orient, NN: 'NN', NT: 'NT', QUADS: true, TM, TN, WX, WY })
    const module = device.createShaderModule({ code })
    const p = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
    const bufs = [M * K, N * K, M * N].map((s) => device.createBuffer({ size: s * 4, usage: GPUBufferUsage.STORAGE }))
    const bg = device.createBindGroup({ layout: p.getBindGroupLayout(0), entries: bufs.map((buffer, binding) => ({ binding, resource: { buffer } })) })
    let best = 1e9
    for (let r = 0; r < 4; r++) {
      const t = performance.now()
      const e = device.createCommandEncoder(); const ps = e.beginComputePass(); ps.setPipeline(p); ps.setBindGroup(0, bg)
      ps.dispatchWorkgroups(Math.ceil(N / TN / WX), Math.ceil(M / TM / WY)); ps.end(); device.queue.submit([e.finish()]); await device.queue.onSubmittedWorkDone()
      best = Math.min(best, performance.now() - t)
    }
    out.push([2 * M * N * K / best / 1e6, `${TM}x${TN}/${WX}x${WY}`]); bufs.forEach((b) => b.destroy())
  }
  out.sort((a, b) => b[0] - a[0]); console.log(orient, M, N, K, out.slice(0, 7).map(([g, n]) => `${n}:${g.toFixed(1)}`).join('  '))
}
process.exit(0)
