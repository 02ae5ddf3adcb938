export function frameScriptSource(): string
export function frameDocument(): string
export function boxFrame(): import('vite').Plugin
