export function frozenFiles(): string[]
export function frozenCode(): string
export function defineFrozenCode(): { __FROZEN_CODE__: string }
