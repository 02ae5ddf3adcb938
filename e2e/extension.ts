// A wallet extension (WebLN) in a page: window.webln is put there as extensions do it, and wallet and person are in this
// process, so that they outlive a reload as real ones do.

import type { Page } from '@playwright/test'
import { readInvoice } from '../src/wallet/invoice'
import { scriptedWebln, type Webln } from '../src/wallet/testing/webln'
import type { Wallet } from '../src/wallet/types'

type Method = Exclude<keyof Webln, 'person' | 'comeBack'>
const METHODS: readonly Method[] = ['enable', 'getInfo', 'getBalance', 'makeInvoice', 'sendPayment', 'lookupInvoice']

export class Extension {
  /** what the person says to the next questions, one each; afterwards yes */
  readonly answers: Webln['person'][] = []
  /** what the person was asked, oldest first: "enable", or the payment hash of an invoice */
  readonly asked: string[] = []
  /** It pays, and shows another proof than the one it got. */
  lies = false
  private readonly webln: Webln

  constructor(wallet: Wallet) {
    this.webln = scriptedWebln(wallet)
  }

  /** Puts it into a page, over reloads too. */
  async install(page: Page): Promise<void> {
    await page.exposeFunction('callExtension', (method: Method, args: unknown[]) => this.call(method, args))
    await page.addInitScript((methods) => {
      type Call = (method: string, args: unknown[]) => Promise<{ answer?: unknown; refusal?: string }>
      const call = (method: string) => async (...args: unknown[]) => {
        const { answer, refusal } = await (globalThis as unknown as { callExtension: Call }).callExtension(method, args)
        // extensions throw what they like; this one throws no Error
        if (refusal !== undefined) throw { message: refusal } // oxlint-disable-line no-throw-literal
        return answer
      }
      Object.assign(globalThis, { webln: Object.fromEntries(methods.map((method) => [method, call(method)])) })
    }, METHODS)
  }

  /** The person comes back to the question that stands open, and says yes. */
  comeBack(): void {
    this.webln.comeBack()
  }

  private async call(method: Method, args: unknown[]): Promise<{ answer?: unknown; refusal?: string }> {
    try {
      if (method === 'enable' || method === 'sendPayment') {
        this.asked.push(method === 'enable' ? method : readInvoice(String(args[0])).paymentHash)
        this.webln.person = this.answers.shift() ?? 'agrees'
      }
      const ask = this.webln[method] as (...given: unknown[]) => Promise<unknown>
      const answer = await ask(...args)
      return { answer: this.lies && typeof answer === 'object' && answer !== null && 'preimage' in answer ? { ...answer, preimage: '0'.repeat(64) } : answer }
    } catch (thrown) {
      return { refusal: (thrown as Error).message }
    }
  }
}
