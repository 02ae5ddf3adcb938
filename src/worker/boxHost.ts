// The page's side of the locked box: a hidden frame for each one that the lab worker asks for (frameBox.ts). The frame
// has an opaque origin, so it can reach neither this page nor its storage; taking it away ends its worker at once.

/** What the lab worker asks of the page; the two ports, for jobs and for word of a death, come with `openFrame`. */
export type FrameCall = { openFrame: number; code: string; wasm: ArrayBuffer } | { closeFrame: number }

/** Opens and closes frames as `lab` asks. */
export function hostBoxes(lab: Worker): void {
  const frames = new Map<number, HTMLIFrameElement>()

  async function open({ openFrame, code, wasm }: Extract<FrameCall, { openFrame: number }>, ports: readonly MessagePort[]) {
    const frame = document.createElement('iframe')
    frames.set(openFrame, frame)
    const { default: text } = await import('box:frame')
    if (!frames.has(openFrame)) return
    frame.setAttribute('sandbox', 'allow-scripts')
    frame.title = 'The locked box: runs train.js where it can reach nothing'
    frame.hidden = true
    frame.srcdoc = text
    frame.addEventListener('load', () => frame.contentWindow?.postMessage({ code, wasm }, '*', [wasm, ...ports]), { once: true })
    document.body.append(frame)
  }

  lab.addEventListener('message', ({ data, ports }: MessageEvent<FrameCall | object>) => {
    if ('openFrame' in data) void open(data, ports)
    if (!('closeFrame' in data)) return
    frames.get(data.closeFrame)?.remove()
    frames.delete(data.closeFrame)
  })
}
