/** SHA-256 of the code that a score depends on, put in by Vite: see frozenCode.mjs. */
declare const __FROZEN_CODE__: string
