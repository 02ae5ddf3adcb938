// One job in QuickJS: a fresh runtime, train.js evaluated as a module, one text out, everything thrown away.
// Authority: none. There is no module loader, no host function and no clock inside; the host counts its steps.

import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { RAMP_STEPS, SCHEDULE_POINTS } from '../graph/program'
import type { BoxAnswer } from './answer'
import graphSource from './box/graph.js?raw'
import lockdownSource from './box/lockdown.js?raw'
import preludeSource from './box/prelude.js?raw'
import readersSource from './box/readers.js?raw'
import type { BoxRequest } from './contract'
import { LIMITS } from './limits'

/** Room for explaining a failure after the program has used up its own memory. */
const SPARE_BYTES = 4 * 1024 * 1024

/**
 * Runs train.js under LIMITS in an engine that nobody used before. The answer's text is untrusted (see readAnswer.ts);
 * a host exception is an answer, too: it never throws. What it makes in the engine goes with the engine.
 */
export function runProgram(quickjs: QuickJSWASMModule, request: BoxRequest): BoxAnswer {
  // QuickJS asks every ten thousand steps, from the first line of train.js on: a busy machine is not the program's fault
  let turns = 0
  const isLate = () => turns > LIMITS.jobTurns
  try {
    const runtime = quickjs.newRuntime()
    runtime.setMemoryLimit(LIMITS.memoryBytes)
    runtime.setMaxStackSize(LIMITS.stackBytes)
    const vm = runtime.newContext()
    const recorder = openRecorder(vm, request)
    runtime.setInterruptHandler(() => {
      turns++
      return isLate()
    })
    const spare = () => runtime.setMemoryLimit(LIMITS.memoryBytes + SPARE_BYTES)
    return runInContext(vm, recorder, request.source, isLate, spare)
  } catch (thrown) {
    return { kind: 'broken', text: String(thrown) }
  }
}

/** The prelude's { describe, explain }, with the language of train.js set up around them. */
function openRecorder(vm: QuickJSContext, request: BoxRequest): QuickJSHandle {
  // The parts are written as modules but evaluated as expressions: a module could be imported by train.js.
  const evaluate = (code: string, name: string): QuickJSHandle =>
    vm.unwrapResult(vm.evalCode(`(${code.replace('export default ', '')}\n)`, name, { type: 'global' }))
  const config = {
    vocab: request.vocab,
    tier: request.tier,
    schedulePoints: SCHEDULE_POINTS,
    rampSteps: RAMP_STEPS,
    limits: LIMITS,
  }
  return vm.unwrapResult(
    vm.callFunction(
      evaluate(preludeSource, 'prelude.js'),
      vm.undefined,
      evaluate(JSON.stringify(config), 'config.js'),
      evaluate(lockdownSource, 'lockdown.js'),
      evaluate(readersSource, 'readers.js'),
      evaluate(graphSource, 'graph.js'),
    ),
  )
}

const LATE: BoxAnswer = { kind: 'late', text: '' }

function runInContext(
  vm: QuickJSContext,
  recorder: QuickJSHandle,
  source: string,
  isLate: () => boolean,
  spare: () => void,
): BoxAnswer {
  const describe = vm.getProp(recorder, 'describe')
  const explain = vm.getProp(recorder, 'explain')

  const explained = (thrown: QuickJSHandle): BoxAnswer => {
    if (isLate()) return LATE
    spare()
    const told = vm.callFunction(explain, vm.undefined, thrown)
    if (told.error) return isLate() ? LATE : { kind: 'full', text: '' }
    return { kind: 'thrown', text: vm.getString(told.value) }
  }

  const evaluated = vm.evalCode(source, 'train.js', { type: 'module' })
  if (evaluated.error) return explained(evaluated.error)
  const exported = evaluated.value
  const state = vm.getPromiseState(exported)
  if (state.type === 'rejected') return explained(state.error)
  if (state.type === 'pending' || !state.notAPromise) return { kind: 'waiting', text: '' }

  const described = vm.callFunction(describe, vm.undefined, exported)
  if (described.error) return explained(described.error)
  const text = vm.getString(described.value)
  return isLate() ? LATE : { kind: 'described', text }
}
