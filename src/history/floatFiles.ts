// Curves and weights of one lab in Node: one file an array, little-endian Float32.

import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from './fileWhole'
import { isQuota, storeError } from './storeErrors'

export type FloatKind = 'curves' | 'weights'

/** What reading a file or folder gives, or `absent` where there is none. */
export async function readOr<T>(path: string, reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent
    throw storeError(error, `reading ${path}`)
  }
}

export async function writeFloats(folder: string, kind: FloatKind, number: number, values: Float32Array): Promise<void> {
  await fs.mkdir(join(folder, kind), { recursive: true })
  await writeWhole(pathOf(folder, kind, number), new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

export async function readFloats(folder: string, kind: FloatKind, number: number): Promise<Float32Array | null> {
  const path = pathOf(folder, kind, number)
  const bytes = await readOr<Uint8Array | null>(path, fs.readFile(path), null)
  return bytes ? new Float32Array(Uint8Array.from(bytes).buffer) : null
}

/**
 * Stores a model and drops the oldest past `keep`; on a full disk the oldest makes room, once.
 * @returns false when there was no room
 */
export async function writeWeights(folder: string, number: number, weights: Float32Array, keep: number): Promise<boolean> {
  const stored = await tryWeights(folder, number, weights)
  const kept = await weightNumbers(folder)
  for (const old of kept.slice(0, Math.max(0, kept.length - keep))) await dropWeights(folder, old)
  return stored
}

async function tryWeights(folder: string, number: number, weights: Float32Array): Promise<boolean> {
  for (const last of [false, true]) {
    try {
      await writeFloats(folder, 'weights', number, weights)
      return true
    } catch (error) {
      if (!isQuota(error)) throw error
      const [oldest] = (await weightNumbers(folder)).filter((n) => n !== number)
      if (last || oldest === undefined) return false
      await dropWeights(folder, oldest)
    }
  }
  return false
}

async function weightNumbers(folder: string): Promise<number[]> {
  const path = join(folder, 'weights')
  const names = await readOr<string[]>(path, fs.readdir(path), [])
  return names.filter((name) => /^\d+\.f32$/.test(name)).map((name) => parseInt(name, 10)).sort((a, b) => a - b)
}

function dropWeights(folder: string, number: number): Promise<void> {
  return fs.rm(pathOf(folder, 'weights', number), { force: true })
}

function pathOf(folder: string, kind: FloatKind, number: number): string {
  return join(folder, kind, `${number}.f32`)
}
