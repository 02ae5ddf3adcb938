// npm run lab -- duel: which of two researchers finds the lower val_bpb, on paired seeds.

import { randomUUID } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { join, resolve } from 'node:path'
import { LabError } from '../core/errors'
import { predictBytes } from '../engine/predict'
import { writeWhole } from '../history/fileWhole'
import { readOr } from '../history/floatFiles'
import { newLab } from '../history/newLab'
import type { LabRecord } from '../history/types'
import { runDuel, type DuelEvent, type DuelStore } from '../research/duel/run'
import type { DuelReport } from '../worker/researchProtocol'
import type { DuelArgs } from './duelArgs'
import { duelLines, sideLine } from './duelText'
import { EXIT, settingsOf, type Parts } from './headless'
import { checkModelName } from './modelNames'
import { openOutFolder } from './outFolder'
import { jsonReport, textReport, type Report, type Terminal } from './report'
import { headlessResearcher } from './researchers'

/** Fights the duel out and prints what came of it. @returns the exit code */
export async function runDuelCommand(args: DuelArgs, parts: Parts, terminal: Terminal, stop: AbortSignal): Promise<number> {
  const { lab: given, a, b, seeds, fresh } = args
  const { json } = given
  const report = json ? jsonReport(terminal) : textReport(terminal)
  try {
    await checkModelName(given.model, process.env, stop)
    const folder = resolve(given.out)
    await fs.mkdir(folder, { recursive: true })
    const { start, data } = await startOf(args, parts, report, folder)
    const options = { a, b, seeds, fresh, experiments: given.experiments }
    const deps = {
      trainer: parts.trainer,
      box: parts.box,
      predictBytes: parts.predictBytes ?? predictBytes,
      data,
      researcherOf: headlessResearcher,
      place: (lab: LabRecord) => openOutFolder(join(folder, `seed-${lab.task.seed}-${lab.controller}`)),
    }
    const duel = await runDuel(start, options, openDuelFile(folder), deps, tell(json, terminal, report), stop)
    if (json) terminal.write(`${JSON.stringify({ event: 'duel', ...duel })}\n`)
    else for (const line of [...duelLines(duel), `The report: ${join(given.out, 'duel.json')}`]) report.say(line)
    return duel.finished ? EXIT.done : EXIT.interrupted
  } catch (thrown) {
    report.error(LabError.from(thrown))
    return EXIT.failed
  }
}

/** The lab that both sides' labs are made from, and its data. */
async function startOf({ lab: args, guide }: DuelArgs, parts: Parts, report: Report, folder: string) {
  const source = await parts.source(folder, args.data, args.val)
  const tokenizer = args.tokenizer ?? { kind: 'bytes' }
  const prepared = await parts.prepare(folder, source, tokenizer, report)
  const adapter = await parts.trainer.open(args.backend)
  const facts = { labId: randomUUID(), now: Date.now(), adapter, floorBpb: prepared.floorBpb }
  const start = newLab({ ...settingsOf(args, source, tokenizer, adapter), guide }, facts)
  return { start, data: () => prepared.tokens() }
}

/** duel.json in the folder, replaced whole. @throws LabError "lab.state" when it is about another duel */
function openDuelFile(folder: string): DuelStore {
  const path = join(folder, 'duel.json')
  return {
    async load(id) {
      const text = await readOr<string | null>(path, fs.readFile(path, 'utf8'), null)
      if (text === null) return null
      const found = parseReport(text, path)
      if (found.id === id) return found
      throw new LabError('lab.state', `${folder} holds another duel: ${found.options.a} against ${found.options.b}, or other options, machine or version.`, {
        hint: 'Give the options it was begun with, or another folder with --out.',
      })
    },
    save: (report) => writeWhole(path, `${JSON.stringify(report, null, 1)}\n`),
  }
}

function parseReport(text: string, path: string): DuelReport {
  try {
    return JSON.parse(text) as DuelReport
  } catch (cause) {
    throw new LabError('store.corrupt', `${path} is damaged.`, { hint: 'Delete it: the labs beside it are kept, and only the bests are measured anew.', cause })
  }
}

function tell(json: boolean, terminal: Terminal, report: Report): (event: DuelEvent) => void {
  let last: DuelReport | null = null
  return (told) => {
    if (told.kind === 'report') {
      if (last) for (const line of news(last, told.report)) report.say(line)
      last = told.report
      return
    }
    const { seed, side, event } = told
    // people see who is at work; every row stands in its lab's results.tsv
    if (json && event.kind === 'row') terminal.write(`${JSON.stringify({ event: 'row', seed, side, row: event.row })}\n`)
    else if (!json && (event.kind === 'run' || event.kind === 'activity')) report.event(event)
  }
}

/** A line for each side that has just been done, and for each pair whose bests have been measured again. */
function news(before: DuelReport, { pairs, options }: DuelReport): string[] {
  return pairs.flatMap((pair) => {
    const old = before.pairs.find(({ seed }) => seed === pair.seed)
    return (['a', 'b'] as const).flatMap((side) => {
      const [now, then] = [pair[side], old?.[side]]
      const isDone = now.isDone && !then?.isDone
      const isMeasured = now.freshScores.length === options.fresh && then?.freshScores.length !== options.fresh
      return isDone || isMeasured ? [sideLine(pair, options[side], now, isMeasured)] : []
    })
  })
}
