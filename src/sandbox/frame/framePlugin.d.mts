export function frameScriptSource(): string
export function boxFrame(): import('vite').Plugin
