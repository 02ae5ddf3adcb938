// Two dependencies look for Node's globals; browsers get them here, Node keeps its own.
// isomorphic-git wants Buffer. LightningFS carries a TextEncoder polyfill that looks for its
// global object under `window` or `global`, and a module worker has neither.
// Imported before both, and nowhere else. Delete when they work on plain Uint8Array in a worker.

import { Buffer } from 'buffer'

globalThis.Buffer ??= Buffer
globalThis.global ??= globalThis
