export const VARIANTS: string[]
export function compileAssembly(variant: string): Promise<Uint8Array>
export function assembly(): import('vite').Plugin
