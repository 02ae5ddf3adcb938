// What the person at the terminal, or the machine behind the pipe, is told.

import type { LabError } from '../core/errors'
import type { Experiment, LabRecord } from '../history/types'
import type { EndState } from '../research/guide/types'
import type { LoopEvent } from '../research/loop'
import type { Cost } from '../research/models/types'
import { runCost } from '../research/ruler'

/** Where lines go; `isTTY` and `columns` as of process.stdout. */
export interface Terminal {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface Report {
  /** a plain remark: what is being prepared, where the lab is */
  say(text: string): void
  event(event: LoopEvent): void
  error(error: LabError): void
  /** the last word: what came of it */
  end(outcome: Outcome): void
}

/** A lab's result in numbers. */
export interface Outcome {
  out: string
  finished: boolean
  decided: number
  kept: number
  baselineBpb: number | null
  bestBpb: number | null
  sigmaBpb: number | null
  /** trained in all, and those of them that measured something again or on another seed */
  runs: number
  repeats: number
  floorBpb: number | null
  /** by language models; null where none was asked */
  spent: Cost | null
  /** why it is over; null where it is not */
  end: EndState | null
}

/** Counts what has been decided; cut-off runs say nothing and are left out. */
export function outcomeOf(out: string, lab: LabRecord, rows: readonly Experiment[]): Outcome {
  const decided = rows.filter((row) => row.status === 'keep' || row.status === 'discard')
  const incumbent = rows.find((row) => row.number === lab.incumbent)
  const { looks, sigma, repeats } = runCost(rows)
  return {
    out,
    finished: lab.phase === 'finished',
    decided: decided.length,
    kept: decided.filter((row) => row.status === 'keep').length,
    baselineBpb: rows.find((row) => row.status === 'baseline')?.valBpb ?? null,
    bestBpb: incumbent?.valBpb ?? null,
    sigmaBpb: lab.sigmaBpb,
    runs: looks.runs + sigma.runs + repeats.runs,
    repeats: sigma.runs + repeats.runs,
    floorBpb: lab.floorBpb,
    spent: lab.spent ?? null,
    end: lab.end ?? null,
  }
}

/** One JSON object a line, each with an `event`. Progress comes at most once a second. */
export function jsonReport(terminal: Terminal, now: () => number = Date.now): Report {
  const line = (value: object) => terminal.write(`${JSON.stringify(value)}\n`)
  let lastProgress = 0
  return {
    say: (text) => line({ event: 'say', text }),
    event(event) {
      // what a model says as it says it is for a screen
      if (event.kind === 'text') return
      if (event.kind === 'run') {
        if (event.event.kind !== 'progress' || now() - lastProgress < 1000) return
        lastProgress = now()
        const { number, repeat } = event
        const { progress, stepMs, tokensPerSecond, bytesAllocated, points } = event.event
        const loss = points.at(-1)?.loss ?? null
        line({ event: 'progress', number, repeat, progress, stepMs, tokensPerSecond, bytesAllocated, loss })
        return
      }
      const { kind, ...rest } = event
      line({ event: kind, ...rest })
    },
    error: (error) => line({ event: 'error', error: error.toJSON() }),
    end: (outcome) => line({ event: 'end', ...outcome }),
  }
}

/** Lines for people; on a terminal, one more line below them shows what is going on. */
export function textReport(terminal: Terminal): Report {
  let shown = ''
  const show = (status: string) => {
    if (!terminal.isTTY || status === shown) return
    shown = status
    terminal.write(`\r\x1b[K${status.slice(0, Math.max(20, (terminal.columns ?? 80) - 1))}`)
  }
  const print = (text: string) => {
    const status = shown
    show('')
    terminal.write(`${text}\n`)
    show(status)
  }

  let activity = ''
  let told = -1
  /** A row that comes again has only been reflected on. */
  const tell = (row: Experiment) => {
    if (row.number !== told) print(rowText(row))
    if (row.reflection && row.cost) print(`      ${row.reflection}`)
    told = row.number
  }
  return {
    say: print,
    event(event) {
      if (event.kind === 'activity') {
        activity = activityText(event)
        show(activity)
      } else if (event.kind === 'run' && event.event.kind === 'tuning') {
        const { done, total, hash } = event.event
        if (hash === null) show(`${activity} for this adapter ${done}/${total}`)
      } else if (event.kind === 'run' && event.event.kind === 'progress') {
        const { progress, stepMs, tokensPerSecond, points } = event.event
        const loss = points.at(-1)?.loss
        const measured = [
          `${Math.round(progress * 100)} %`,
          `${stepMs.toFixed(0)} ms/step`,
          `${Math.round(tokensPerSecond).toLocaleString('en')} tokens/s`,
          ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
        ]
        show(`${activity} · ${measured.join(' · ')}`)
      } else if (event.kind === 'adapter') {
        const { description, vendor, architecture, tier } = event.adapter
        print(`Adapter: ${description || `${vendor} ${architecture}`} (${tier})`)
      } else if (event.kind === 'row' && event.row.status !== 'running') {
        tell(event.row)
      } else if (event.kind === 'notice' && event.notice) {
        print([event.notice.message, event.notice.hint].filter(Boolean).join(' '))
      }
    },
    error(error) {
      print([error.message, error.hint].filter(Boolean).join(' '))
    },
    end(outcome) {
      show('')
      for (const line of endText(outcome)) print(line)
    },
  }
}

function activityText({ activity, number, repeat, repeats }: Extract<LoopEvent, { kind: 'activity' }>): string {
  if (activity === 'idle') return ''
  const run = repeat > 0 && repeats > 1 ? ` · run ${repeat} of up to ${repeats}` : ''
  return number === null ? activity : `#${number}${run} · ${activity}`
}

function rowText(row: Experiment): string {
  const score = row.valBpb === null ? '      –' : row.valBpb.toFixed(4).padStart(7)
  const delta = row.deltaBpb === null ? '' : ` (${row.deltaBpb > 0 ? '+' : ''}${row.deltaBpb.toFixed(4)})`
  const head = `#${row.number}`.padStart(4)
  return `${head}  ${row.status.padEnd(13)} ${score}${delta}  ${row.description}\n      ${row.reason}`
}

function endText(outcome: Outcome): string[] {
  const { baselineBpb, bestBpb, sigmaBpb, floorBpb, decided, kept, out } = outcome
  const lines = [`${decided} experiments decided, ${kept} kept; ${outcome.runs} runs, ${outcome.repeats} of them repeats.`]
  if (baselineBpb !== null && bestBpb !== null) {
    const noise = sigmaBpb === null ? '' : `; one score strays by ${sigmaBpb.toFixed(4)} (σ)`
    const floor = floorBpb === null ? '' : `; the text itself holds ${floorBpb.toFixed(4)}`
    lines.push(`val_bpb ${baselineBpb.toFixed(4)} → ${bestBpb.toFixed(4)} bits per byte${noise}${floor}.`)
  }
  if (outcome.spent) lines.push(spentText(outcome.spent))
  lines.push(`The record: git -C ${out} log --oneline, and ${out}/results.tsv`)
  lines.push(`Receipts: ${out}/receipts; npm run lab -- replay ${out}/receipts/0.json measures one again`)
  return lines
}

function spentText({ requests, inputTokens, outputTokens, usd, wallMs }: Cost): string {
  const price = usd === null ? ', at a price that is not known' : usd > 0 ? `, $${usd.toFixed(usd < 1 ? 4 : 2)}` : ''
  return `Language models: ${requests} requests, ${(inputTokens + outputTokens).toLocaleString('en')} tokens, ${Math.round(wallMs / 1000)} s${price}.`
}
