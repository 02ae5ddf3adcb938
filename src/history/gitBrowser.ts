// The repository in the page: LightningFS over IndexedDB, one database a lab.

import './nodeGlobals'
import LightningFS from '@isomorphic-git/lightning-fs'
import { GitRepository } from './git'
import type { RepoFs } from './repoFs'

/** The repository of a lab, kept in IndexedDB; the same id opens it again. */
export function browserRepository(labId: string, now?: () => number): GitRepository {
  const lightning = new LightningFS(`assay-git-${labId}`).promises
  return new GitRepository(withoutPhantoms(lightning), '/lab', now)
}

// LightningFS lists a file before its bytes are stored. When the quota refuses the bytes, the listing stays,
// and git would take the empty file for an object it already has. So a failed new file is unlisted again.
function withoutPhantoms(fs: LightningFS.PromisifiedFS): RepoFs {
  const promises = fs as unknown as RepoFs['promises']
  const exists = async (path: string) => {
    try {
      await fs.stat(path)
      return true
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return false
      throw error
    }
  }
  return {
    promises: {
      readFile: (path, options) => promises.readFile(path, options ?? {}),
      async writeFile(path, data) {
        const isNew = !(await exists(path))
        try {
          await fs.writeFile(path, data)
        } catch (error) {
          if (isNew && (await exists(path))) await fs.unlink(path)
          throw error
        }
      },
      unlink: (path) => fs.unlink(path),
      readdir: (path) => fs.readdir(path),
      mkdir: (path) => fs.mkdir(path),
      rmdir: (path) => fs.rmdir(path),
      stat: (path) => promises.stat(path),
      lstat: (path) => promises.lstat(path),
      readlink: (path) => fs.readlink(path),
      symlink: (target, path) => fs.symlink(target, path),
      flush: () => fs.flush(),
    },
  }
}
