import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tuningFile } from './tuningFile'

it('keeps a table for each adapter, and begins anew where the file is broken', async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), 'assay-tuning-'))
  try {
    const path = join(folder, 'tuning.json')
    const table = (gflops: number) => ({ choices: { k: 'v' }, gflops: { k: gflops }, peaks: null })
    expect(await tuningFile(path).load('one')).toBeUndefined()
    await tuningFile(path).save('one', table(1))
    await tuningFile(path).save('two', table(2))
    expect([await tuningFile(path).load('one'), await tuningFile(path).load('two')]).toEqual([table(1), table(2)])
    await fs.writeFile(path, '{"one":')
    expect(await tuningFile(path).load('one')).toBeUndefined()
    await tuningFile(path).save('one', table(3))
    expect(await tuningFile(path).load('one')).toEqual(table(3))
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
})
