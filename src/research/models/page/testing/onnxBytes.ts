// The few messages of ONNX that a tiny model needs, written as protobuf by hand.
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

type Bytes = Uint8Array<ArrayBuffer>

const VARINT = 0
const LENGTH = 2
const utf8 = new TextEncoder()

function concat(parts: Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function varint(value: number): Bytes {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return new Uint8Array([...bytes, rest])
}

const integer = (field: number, value: number): Bytes => concat([varint(field * 8 + VARINT), varint(value)])

function bytes(field: number, value: Uint8Array | string): Bytes {
  const body = typeof value === 'string' ? utf8.encode(value) : value
  return concat([varint(field * 8 + LENGTH), varint(body.length), body])
}

const message = (field: number, ...parts: Uint8Array[]): Bytes => bytes(field, concat(parts))

export const FLOAT = 1
export const INT64 = 7

/** A dimension is a number, or a name that a run fills in. */
export type Dims = (number | string)[]

const shape = (dims: Dims): Bytes[] => dims.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : bytes(2, dim)))

function valueInfo(field: number, name: string, type: number, dims: Dims): Bytes {
  return message(field, bytes(1, name), message(2, message(1, integer(1, type), message(2, ...shape(dims)))))
}

/** A tensor that belongs to the graph; data little-endian, row-major. */
export function initializer(name: string, type: number, dims: number[], data: ArrayBufferView): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return message(5, ...dims.map((dim) => integer(1, dim)), integer(2, type), bytes(8, name), bytes(9, raw))
}

/** A tensor whose data are a file of their own beside the model's. */
export function externalInitializer(name: string, type: number, dims: number[], file: string, length: number): Bytes {
  const EXTERNAL = 1
  const entries = Object.entries({ location: file, offset: '0', length: String(length) })
  return message(
    5,
    ...dims.map((dim) => integer(1, dim)),
    integer(2, type),
    bytes(8, name),
    ...entries.map(([key, value]) => message(13, bytes(1, key), bytes(2, value))),
    integer(14, EXTERNAL),
  )
}

export const input = (name: string, type: number, dims: Dims): Bytes => valueInfo(11, name, type, dims)
export const output = (name: string, type: number, dims: Dims): Bytes => valueInfo(12, name, type, dims)

/** One operation; attributes are integers. */
export function node(op: string, inputs: string[], outputs: string[], attributes: Record<string, number> = {}): Bytes {
  const INT = 2
  return message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, bytes(1, name), integer(3, value), integer(20, INT))),
  )
}

/** A whole model file. */
export function model(graph: Uint8Array[]): Bytes {
  const IR_VERSION = 8
  const OPSET = 17
  return concat([integer(1, IR_VERSION), message(7, ...graph, bytes(2, 'tiny')), message(8, bytes(1, ''), integer(2, OPSET))])
}
