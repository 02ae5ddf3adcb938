// How every worker of the lab is started. A worker loaded by its address has no policy but what a server sends with it;
// one made of text takes over its creator's. So each begins as a line of text that imports the real module, and the
// page's policy (which addresses may be reached) holds in workers and in their workers.

/** Kept: a worker whose library starts workers by their address puts this file's way in its place. */
const { Worker } = globalThis

/**
 * Starts a module worker under the creator's Content Security Policy. Messages that come while the module is being
 * loaded wait for it; a module that cannot be loaded is an `error` event of the worker.
 * @param address of the built module: import it with `?worker&url`
 */
export function spawnWorker(address: string, name: string): Worker {
  const { href } = new URL(address, import.meta.url)
  const text = `
    const early = []
    const hold = (event) => {
      event.stopImmediatePropagation()
      early.push(event)
    }
    addEventListener('message', hold)
    import(${JSON.stringify(href)}).then(() => {
      removeEventListener('message', hold)
      for (const { data, ports } of early) dispatchEvent(new MessageEvent('message', { data, ports }))
    }, reportError)`
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
  return new Worker(url, { type: 'module', name })
}
