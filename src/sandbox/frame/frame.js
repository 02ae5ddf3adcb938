// All that ever runs in the hidden frame itself: it starts the one worker whose text the page hands it, gives it its
// port, and says when it died. No program runs here. The frame has an origin of its own that nothing else has, and a
// policy under which only this script and workers made of text can run, and nothing can be fetched.
{
  // what no policy governs, and nobody needs here
  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) delete globalThis[name]
  delete Navigator.prototype.gpu

  const listen = ({ source, data, ports }) => {
    if (source !== parent) return
    removeEventListener('message', listen)
    const { code, wasm } = data
    const [jobs, life] = ports
    const start = (url, otherwise) => {
      const failed = (reason) => (otherwise && reason === undefined ? start(otherwise) : life.postMessage(String(reason)))
      try {
        const worker = new Worker(url)
        worker.onmessage = () => {
          worker.onmessage = null
          worker.postMessage(wasm, [wasm, jobs])
        }
        worker.onerror = (event) => {
          event.preventDefault()
          failed(event.message) // none: the worker was never loaded
        }
      } catch (error) {
        failed(error.message)
      }
    }
    // Safari refuses the first where the page sends Cross-Origin-Embedder-Policy: require-corp
    start(URL.createObjectURL(new Blob([code])), `data:text/javascript,${encodeURIComponent(code)}`)
  }
  addEventListener('message', listen)
}
