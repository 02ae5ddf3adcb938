// isomorphic-git expects Node's Buffer as a global. Browsers get the npm package of that name;
// Node keeps its own. Imported before isomorphic-git, and nowhere else.
// Delete when isomorphic-git works on plain Uint8Array.

import { Buffer } from 'buffer'

globalThis.Buffer ??= Buffer
