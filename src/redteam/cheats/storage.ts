import { reach } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

export default {
  id: 'storage',
  family: 'escape',
  title: 'Remember across runs',
  tries: 'train.js looks for IndexedDB, caches, localStorage, cookies and the file system.',
  attempt: (ground) => unreachable(ground.describe(reach(['indexedDB', 'caches', 'localStorage', 'sessionStorage', 'cookieStore', 'showOpenFilePicker', 'FileSystemHandle', 'FileReaderSync']))),
} satisfies Cheat
