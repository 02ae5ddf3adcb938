// Contents of buffers, back on the CPU.

/** Bytes of a buffer; multiples of 4. */
export interface Piece {
  buffer: GPUBuffer
  offset: number
  bytes: number
}

/** What lies in some pieces once all work submitted so far is done, one after another; the array is the caller's. */
export async function readBack(device: GPUDevice, label: string, pieces: readonly Piece[]): Promise<Float32Array> {
  const size = pieces.reduce((sum, { bytes }) => sum + bytes, 0)
  const staging = device.createBuffer({ label, size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const encoder = device.createCommandEncoder()
  let to = 0
  for (const { buffer, offset, bytes } of pieces) {
    encoder.copyBufferToBuffer(buffer, offset, staging, to, bytes)
    to += bytes
  }
  device.queue.submit([encoder.finish()])
  try {
    await staging.mapAsync(GPUMapMode.READ)
    return new Float32Array(staging.getMappedRange().slice(0))
  } finally {
    staging.destroy()
  }
}
