// What somebody who runs code in the wrong place would try first. Sent to that place as text, so it uses nothing from
// outside itself.

/**
 * Tries every way out that a realm may have.
 * @param canary origin of a server that keeps a list of what reaches it
 * @param page address of the lab's own page
 * @returns for each way that was open, what came of it; empty when there is none
 */
export async function tryEverything([canary, page]: [string, string]): Promise<Record<string, string>> {
  const open: Record<string, string> = {}
  // oxlint-disable-next-line typescript/no-explicit-any -- half of it is absent wherever this runs, which is the point
  const realm = globalThis as any
  // the box has no timers any more; compiling a module takes a turn, too
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
  const turns = async (then: () => void, ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end;) await WebAssembly.compile(empty)
    then()
  }
  const wait = realm.setTimeout?.bind(realm) ?? turns
  const attempt = async (name: string, tried: () => unknown) => {
    try {
      const late = new Promise((_, reject) => wait(() => reject(new Error('nothing came')), 1000))
      const got = await Promise.race([Promise.resolve().then(tried), late])
      open[name] = String(got).slice(0, 100)
    } catch {
      // refused, absent or without an answer: closed
    }
  }
  const event = (target: object, good: string, bad: string) =>
    new Promise((resolve, reject) => Object.assign(target, { [good]: () => resolve(good), [bad]: () => reject(new Error(bad)) }))
  const script = (text: string) => realm.URL.createObjectURL(new realm.Blob([text], { type: 'text/javascript' }))
  const fetching = `fetch('${canary}/nested').then(() => postMessage('out'), () => setTimeout(close))`

  // the network
  await attempt('fetch', async () => (await realm.fetch(`${canary}/fetch`)).status)
  await attempt('fetch without CORS', async () => (await realm.fetch(`${canary}/opaque`, { mode: 'no-cors' })).type)
  await attempt('fetch of the page', async () => (await realm.fetch(page)).status)
  await attempt('XMLHttpRequest', () => {
    const request = new realm.XMLHttpRequest()
    request.open('GET', `${canary}/xhr`)
    request.send()
    return event(request, 'onload', 'onerror')
  })
  await attempt('WebSocket', () => event(new realm.WebSocket(`${canary.replace('http', 'ws')}/ws`), 'onopen', 'onerror'))
  await attempt('EventSource', () => event(new realm.EventSource(`${canary}/events`), 'onopen', 'onerror'))
  await attempt('WebTransport', () => new realm.WebTransport(`${canary.replace('http:', 'https:')}/wt`).ready)
  await attempt('beacon', () => {
    realm.navigator.sendBeacon(`${canary}/beacon`, 'x')
    throw new Error('whether it went is seen at the canary')
  })
  await attempt('RTCPeerConnection', () => new realm.RTCPeerConnection().createOffer())
  await attempt('image', () => {
    const image = new realm.Image()
    image.src = `${canary}/image`
    return event(image, 'onload', 'onerror')
  })
  // other people's code
  await attempt('importScripts', () => realm.importScripts(`${canary}/script.js`) ?? 'ran')
  await attempt('import()', () => import(`${canary}/module.js`))
  await attempt('import() of text', () => import(script('export default 1')))
  await attempt('eval later', () => new Promise((resolve, reject) => {
    // a debugger's own call may evaluate; what runs after it may not
    wait(() => {
      try {
        resolve(realm.Function('return 2')())
      } catch (refused) {
        reject(refused)
      }
    }, 1)
  }))
  await attempt('a worker that fetches', () => {
    const worker = new realm.Worker(script(fetching))
    return event(worker, 'onmessage', 'onerror')
  })
  await attempt("a worker of the page's own code", () => event(new realm.Worker(page), 'onmessage', 'onerror'))
  await attempt('SharedWorker', () => new realm.SharedWorker(script('0')))
  await attempt('ServiceWorker', () => realm.navigator.serviceWorker.register(`${page}sw.js`))
  // what is stored here
  await attempt('localStorage', () => realm.localStorage.length)
  await attempt('cookies', () => realm.document.cookie)
  await attempt('indexedDB', () => event(realm.indexedDB.open('assay'), 'onsuccess', 'onerror'))
  await attempt('caches', () => realm.caches.keys())
  await attempt('files', () => realm.navigator.storage.getDirectory())
  await attempt('locks', () => realm.navigator.locks.query())
  // who else is here
  await attempt('the page', () => realm.parent.document.title)
  await attempt('the top', () => realm.top.document.title)
  await attempt('the opener', () => realm.opener.document.title)
  await attempt('the element', () => realm.frameElement.outerHTML)
  await attempt('another window', () => realm.open(`${canary}/window`).name)
  await attempt('BroadcastChannel', () => {
    const channel = new realm.BroadcastChannel('assay-test') // the page answers there
    channel.postMessage('anybody?')
    return event(channel, 'onmessage', 'onmessageerror')
  })
  // the graphics processor, and shared memory
  await attempt('WebGPU', async () => (await realm.navigator.gpu.requestAdapter()).info.vendor)
  await attempt('SharedArrayBuffer', () => new realm.SharedArrayBuffer(8).byteLength)
  return open
}
