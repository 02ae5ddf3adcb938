// The lab worker's side of the box in the page's hidden frame (boxHost.ts). Jobs and answers go straight between the
// lab worker and the box's worker, whatever the page is busy with; the page only puts the frame there and takes it away.

import wasmAddress from '@jitl/quickjs-ng-wasmfile-release-sync/wasm?url'
import type { BoxWorker } from '../sandbox/workerBox'
import type { FrameCall } from './boxHost'

interface BoxFiles {
  code: string
  wasm: ArrayBuffer
}

let files: Promise<BoxFiles> | null = null
let opened = 0

async function load(): Promise<BoxFiles> {
  const [{ default: code }, response] = await Promise.all([import('box:worker'), fetch(new URL(wasmAddress, import.meta.url))])
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${wasmAddress}`)
  return { code, wasm: await response.arrayBuffer() }
}

const tellPage = (call: FrameCall, transfer: Transferable[] = []) => self.postMessage(call, { transfer })

/** A box's worker in a frame of its own, which goes with it. */
export function spawnFrameBox(): BoxWorker {
  const frame = ++opened
  const jobs = new MessageChannel()
  const life = new MessageChannel()
  let ended = false
  let died: (reason: string) => void = () => undefined
  files ??= load()
  files.then(
    ({ code, wasm }) => {
      if (ended) return
      const copy = wasm.slice()
      tellPage({ openFrame: frame, code, wasm: copy }, [copy, jobs.port2, life.port2])
    },
    (thrown: unknown) => {
      files = null
      died(`its files cannot be loaded: ${String(thrown)}`)
    },
  )
  return {
    post: (request) => jobs.port1.postMessage(request),
    onMessage(listener) {
      jobs.port1.onmessage = ({ data }) => listener(data)
    },
    onDeath(listener) {
      died = listener
      life.port1.onmessage = ({ data }) => listener(String(data).slice(0, 500))
    },
    end() {
      ended = true
      jobs.port1.close()
      life.port1.close()
      tellPage({ closeFrame: frame })
    },
  }
}
