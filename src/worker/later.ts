// Parts of the lab that are loaded when somebody first needs them.

/** Methods that all promise something: nobody can tell when the object behind them was made. */
type Promising<T> = { [K in keyof T]: (...args: never[]) => Promise<unknown> }

/** An object made with the first call of one of its methods; where that fails, the next call tries again. */
export function later<T extends Promising<T>>(load: () => Promise<T>): T {
  let made: Promise<T> | null = null

  async function get(): Promise<T> {
    made ??= load()
    try {
      return await made
    } catch (thrown) {
      made = null
      throw thrown
    }
  }

  return new Proxy({} as T, {
    get(_, name) {
      // whoever is handed it as a result asks whether it is a promise
      if (name === 'then' || typeof name === 'symbol') return undefined
      return async (...args: never[]) => {
        const object = await get()
        return object[name as keyof T](...args)
      }
    },
  })
}
