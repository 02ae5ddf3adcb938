import { code } from '../programs'
import type { Cheat } from '../types'
import { unreachable } from '../walls'

const MAKERS = ['() => {}', 'async () => {}', 'function* () {}', 'async function* () {}', 'class {}']

export default {
  id: 'function-constructor',
  family: 'escape',
  title: 'Get out by code made of text',
  tries: 'train.js makes functions of every kind out of text, in the hope that theirs is another, larger world.',
  attempt: (ground) =>
    unreachable(ground.describe(code(`const reached = []
for (const made of [${MAKERS.map((maker) => `(${maker})`).join(', ')}]) {
  for (const make of [made.constructor, Object.getPrototypeOf(made).constructor]) {
    try {
      const found = make('for (const name of ["fetch", "process", "require", "postMessage", "Date", "WebAssembly"]) if (globalThis[name] !== undefined) return name; if (globalThis !== arguments[0]) return "another world"')(globalThis)
      if (typeof found === 'string') reached.push(found)
    } catch {}
  }
}
throw new Error('reached: ' + reached.join(' '))`))),
} satisfies Cheat
