// Stands where Node imports Dawn: the browser's own WebGPU.

export const globals = {}

export function create(): GPU {
  return navigator.gpu
}
