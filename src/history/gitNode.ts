// The repository as a directory that ordinary git reads.

import { promises as nodeFs } from 'node:fs'
import { resolve } from 'node:path'
import { GitRepository } from './git'
import { writeWhole } from './fileWhole'
import type { RepoFs } from './repoFs'

/**
 * A repository in the directory `dir`, which is created if it is missing.
 * @param now milliseconds since 1970, for commit times
 */
export async function nodeRepository(dir: string, now?: () => number): Promise<GitRepository> {
  const root = resolve(dir)
  await nodeFs.mkdir(root, { recursive: true })
  return new GitRepository(wholeFileFs(), root, now)
}

// isomorphic-git writes objects and refs in place; a kill between truncate and write would leave an empty
// object that counts as present. Writing aside and renaming closes that hole.
function wholeFileFs(): RepoFs {
  return {
    promises: {
      readFile: (path, options) => nodeFs.readFile(path, options as { encoding?: BufferEncoding }),
      writeFile: writeWhole,
      unlink: (path) => nodeFs.unlink(path),
      readdir: (path) => nodeFs.readdir(path),
      mkdir: (path, options) => nodeFs.mkdir(path, options as { mode?: number }),
      rmdir: (path) => nodeFs.rmdir(path),
      stat: (path) => nodeFs.stat(path),
      lstat: (path) => nodeFs.lstat(path),
      readlink: (path) => nodeFs.readlink(path),
      symlink: (target, path) => nodeFs.symlink(target, path),
    },
  }
}
