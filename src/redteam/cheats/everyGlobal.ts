import { reach } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

const NAMES = [
  'window', 'self', 'top', 'parent', 'opener', 'frames', 'document', 'location', 'history', 'navigator', 'process', 'require',
  'module', 'global', 'Deno', 'Bun', 'std', 'os', 'scriptArgs', 'console', 'print', 'performance', 'crypto', 'Worker',
  'SharedWorker', 'MessageChannel', 'BroadcastChannel', 'setTimeout', 'setInterval', 'queueMicrotask', 'requestAnimationFrame',
  'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'importScripts', 'Blob', 'URL', 'FinalizationRegistry', 'WeakRef',
] // prettier-ignore

export default {
  id: 'every-global',
  family: 'escape',
  title: 'Get out by a global',
  tries: `train.js looks for ${NAMES.length} globals by which programs have left sandboxes.`,
  attempt: (ground) => unreachable(ground.describe(reach(NAMES))),
} satisfies Cheat
