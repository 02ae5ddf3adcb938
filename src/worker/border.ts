// Errors at a worker's border. Comlink keeps only an Error's message; a plain object crosses whole. So what is
// exposed throws LabErrorJson, and what calls it turns that back into a LabError.

import { LabError } from '../core/errors'

type Methods<T> = { [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => R : never }

/** The same methods, throwing LabErrorJson: wrap what a worker exposes. */
export function throwJson<T extends object>(api: Methods<T>): Methods<T> {
  const wrapped: Partial<Record<keyof T, unknown>> = {}
  for (const name of Object.keys(api) as (keyof T)[]) {
    const method = api[name] as (...args: unknown[]) => unknown
    wrapped[name] = async (...args: unknown[]) => {
      try {
        return await method(...args)
      } catch (thrown) {
        throw LabError.from(thrown).toJSON()
      }
    }
  }
  return wrapped as Methods<T>
}

/** Awaits a call to a worker; @throws LabError whatever crossed the border. */
export async function fromWorker<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    throw LabError.from(thrown)
  }
}
