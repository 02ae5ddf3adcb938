export function pagePolicy(inline: string): import('vite').Plugin
