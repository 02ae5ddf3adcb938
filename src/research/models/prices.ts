// List prices of models where they are known, as of April 2026, for the meter and the cap on money. Discounts are not
// counted, so the meter shows rather too much than too little.

import type { ModelSpec, Provider } from './types'

/** US dollars for a million tokens. */
export interface Price {
  input: number
  output: number
}

const price = (input: number, output: number): Price => ({ input, output })

const PRICES: Partial<Record<Provider, Record<string, Price>>> = {
  anthropic: {
    'claude-opus-4-7': price(5, 25),
    'claude-opus-4-6': price(5, 25),
    'claude-opus-4-5': price(5, 25),
    'claude-opus-4-1': price(15, 75),
    'claude-sonnet-4-6': price(3, 15),
    'claude-sonnet-4-5': price(3, 15),
    'claude-haiku-4-5': price(1, 5),
  },
  openai: {
    'gpt-5.4': price(2.5, 15),
    'gpt-5.2': price(1.75, 14),
    'gpt-5.1': price(1.25, 10),
    'gpt-5': price(1.25, 10),
    'gpt-5-mini': price(0.25, 2),
    'gpt-5-nano': price(0.05, 0.4),
    'gpt-4.1': price(2, 8),
    'gpt-4.1-mini': price(0.4, 1.6),
    'gpt-4o': price(2.5, 10),
    'gpt-4o-mini': price(0.15, 0.6),
  },
  google: {
    'gemini-2.5-pro': price(1.25, 10),
    'gemini-2.5-flash': price(0.3, 2.5),
    'gemini-2.5-flash-lite': price(0.1, 0.4),
  },
}

/** Programs of this machine and people cost nothing by the token. */
const FREE: readonly Provider[] = ['ollama', 'lmstudio', 'llamacpp', 'browser', 'page', 'paste']

/** The models of a provider whose price is known, best known first. */
export const pricedModels = (provider: Provider): string[] => Object.keys(PRICES[provider] ?? {})

/** The price of a model, dated versions of it included; null where it is not known. */
export function priceOf({ provider, model }: Pick<ModelSpec, 'provider' | 'model'>): Price | null {
  if (FREE.includes(provider)) return { input: 0, output: 0 }
  const bare = model.replace(/-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '')
  const known = PRICES[provider] ?? {}
  return Object.hasOwn(known, bare) ? known[bare] : null
}

/** US dollars; null where the price is not known. */
export function usdOf(price: Price | null, inputTokens: number, outputTokens: number): number | null {
  return price && (inputTokens * price.input + outputTokens * price.output) / 1e6
}
