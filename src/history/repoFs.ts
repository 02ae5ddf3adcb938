// The one thing that differs between the repositories of a page and of a folder.

/** What the repository asks of a file system: the promise half of node:fs, plus a flush where writes are cached. */
export interface RepoFs {
  promises: {
    readFile(path: string, options?: unknown): Promise<Uint8Array | string>
    writeFile(path: string, data: Uint8Array | string, options?: unknown): Promise<void>
    unlink(path: string): Promise<void>
    readdir(path: string): Promise<string[]>
    mkdir(path: string, options?: unknown): Promise<unknown>
    rmdir(path: string): Promise<void>
    stat(path: string): Promise<{ isDirectory(): boolean }>
    lstat(path: string): Promise<{ isDirectory(): boolean }>
    readlink(path: string): Promise<string>
    symlink(target: string, path: string): Promise<void>
    flush?(): Promise<void>
  }
}
