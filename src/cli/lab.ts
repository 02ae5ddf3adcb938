// npm run lab: the lab without a page. Started by launch.mjs, which builds it and finds a Vulkan driver.

import { fileURLToPath } from 'node:url'
import { LabError } from '../core/errors'
import { predictBytes } from '../engine/predict'
import { CONTROLLER_NAMES } from '../research/controllers/registry'
import { createThreadBox } from '../sandbox/nodeBox'
import { HELP, parseLabArgs } from './args'
import type { LabArgs } from './args'
import { createChildTrainer } from './childTrainer'
import { EXIT, runHeadless } from './headless'
import { jsonReport, textReport } from './report'
import { textData, textSource } from './textData'

/** A terminal and npm may both pass on one Ctrl-C; only one that comes later is a second one. */
const SECOND_CTRL_C_MS = 1000

function stopOnSignals(): AbortSignal {
  const stopping = new AbortController()
  let asked = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) {
        asked = Date.now()
        stopping.abort()
      } else if (Date.now() - asked > SECOND_CTRL_C_MS) process.exit(EXIT.interrupted)
    })
  }
  return stopping.signal
}

function readArgs(): LabArgs | null {
  try {
    return parseLabArgs(process.argv.slice(2), CONTROLLER_NAMES)
  } catch (thrown) {
    const { message, hint } = LabError.from(thrown)
    process.stderr.write(`${message} ${hint}\n`)
    return null
  }
}

async function main(args: LabArgs): Promise<number> {
  const report = args.json ? jsonReport(process.stdout) : textReport(process.stdout)
  const stop = stopOnSignals()
  // side by side with this file in the build; what is measured of the adapter is kept beside the builds, for every lab
  const tuning = fileURLToPath(new URL('../../tuning.json', import.meta.url))
  const trainer = createChildTrainer(new URL('./trainerChild.js', import.meta.url), tuning)
  const box = createThreadBox(new URL('./boxThread.js', import.meta.url))
  try {
    return await runHeadless(args, { trainer, box, predictBytes, source: textSource, prepare: textData }, report, stop)
  } catch (thrown) {
    report.error(LabError.from(thrown))
    return EXIT.failed
  } finally {
    box.close()
    trainer.terminate()
  }
}

const args = readArgs()
if (args === null) {
  process.exitCode = EXIT.usage
} else if (args.help) {
  process.stdout.write(`${HELP.replace('CONTROLLERS', CONTROLLER_NAMES.join(', '))}\n`)
} else {
  process.exitCode = await main(args)
}
