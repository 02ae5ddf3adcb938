// The far side of a thread: it either joins a crew over a shared memory, or holds a replica in a memory of its own.

import { Member, type Invitation } from './crew'
import { instantiateKernels, type Kernels } from './kernels'
import { decodeCommands, type Step } from './program'

/** A piece of a replica's memory. */
export interface Place {
  at: number
  bytes: number
}

/** What a thread is told. A replica lays its memory out as the one that tells it does. */
export type ToThread =
  | ({ kind: 'join' } & Invitation)
  | { kind: 'found'; module: WebAssembly.Module }
  /** fills with zeros, growing the memory where needed */
  | ({ kind: 'clear' } & Place)
  | { kind: 'write'; at: number; data: ArrayBuffer }
  | { kind: 'program'; id: number; text: Int32Array; scratch: number }
  | { kind: 'forget'; id: number }
  /** runs commands [from, to) after writing; answers with what `read` names; `data` is kept for that */
  | { kind: 'run'; ticket: number; id: number; from: number; to: number; write: { at: number; data: ArrayBuffer } | null; read: Place[] }

export type FromThread = { kind: 'ready' } | { kind: 'done'; ticket: number; values: ArrayBuffer[] } | { kind: 'failed'; reason: string }

/** How a thread is talked to, from either side. */
export interface Port<Out, In> {
  post(message: Out, transfer: ArrayBuffer[]): void
  onMessage(listener: (message: In) => void): void
}

const PAGE = 65536

/** Serves whoever started this thread. */
export function serveThread(port: Port<FromThread, ToThread>): void {
  let replica: Promise<Replica> | null = null
  port.onMessage((message) => {
    const fail = (thrown: unknown) => port.post({ kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) }, [])
    if (message.kind === 'join') {
      void Member.join(message).then((member) => {
        port.post({ kind: 'ready' }, [])
        member.serve()
      }).catch(fail) // prettier-ignore
    } else if (message.kind === 'found') {
      replica = Replica.found(message.module)
      replica.then(() => port.post({ kind: 'ready' }, []), fail)
    } else replica?.then((own) => own.obey(message, port)).catch(fail)
  })
}

/** A copy of a model that trains on its share of a batch. */
class Replica {
  private readonly programs = new Map<number, Step[]>()
  private readonly memory: WebAssembly.Memory
  private readonly kernels: Kernels
  private spare: ArrayBuffer | null = null

  private constructor(memory: WebAssembly.Memory, kernels: Kernels) {
    this.memory = memory
    this.kernels = kernels
  }

  static async found(module: WebAssembly.Module): Promise<Replica> {
    const memory = new WebAssembly.Memory({ initial: 1 })
    return new Replica(memory, await instantiateKernels(module, memory))
  }

  obey(message: Exclude<ToThread, { kind: 'join' | 'found' }>, port: Port<FromThread, ToThread>): void {
    switch (message.kind) {
      case 'clear': {
        const missing = Math.ceil((message.at + message.bytes - this.memory.buffer.byteLength) / PAGE)
        if (missing > 0) this.memory.grow(missing)
        this.part(message).fill(0)
        break
      }
      case 'write':
        this.write(message.at, message.data)
        break
      case 'program':
        this.programs.set(message.id, decodeCommands(message.text, this.kernels, message.scratch))
        break
      case 'forget':
        this.programs.delete(message.id)
        break
      case 'run': {
        const { id, from, to, write, read, ticket } = message
        if (write) {
          this.write(write.at, write.data)
          this.spare = write.data
        }
        for (const { run, units, rest } of this.programs.get(id)!.slice(from, to)) run(0, units, ...rest)
        const values = read.map((place) => this.copy(place))
        port.post({ kind: 'done', ticket, values }, values)
      }
    }
  }

  private part({ at, bytes }: Place): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, bytes)
  }

  private write(at: number, data: ArrayBuffer): void {
    this.part({ at, bytes: data.byteLength }).set(new Uint8Array(data))
  }

  /** In the memory that came with the last write, if it has the size. */
  private copy(place: Place): ArrayBuffer {
    const into = this.spare?.byteLength === place.bytes ? this.spare : new ArrayBuffer(place.bytes)
    if (into === this.spare) this.spare = null
    new Uint8Array(into).set(this.part(place))
    return into
  }
}
