// One job in QuickJS: a fresh runtime, train.js evaluated as a module, one JSON text out, everything thrown away.
// Authority: none. There is no module loader, no host function and no clock inside; the host keeps the deadline.

import { Scope } from 'quickjs-emscripten-core'
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from 'quickjs-emscripten-core'
import { LabError } from '../core/errors'
import { RAMP_STEPS, SCHEDULE_POINTS } from '../graph/program'
import graphSource from './box/graph.js?raw'
import lockdownSource from './box/lockdown.js?raw'
import preludeSource from './box/prelude.js?raw'
import readersSource from './box/readers.js?raw'
import type { BoxRequest } from './contract'
import { brokenError, memoryError, thrownError, timeoutError, waitingError } from './failures'
import { LIMITS } from './limits'

/** `healthy` is false when QuickJS itself failed (a host exception): load it anew before the next job. */
export type RunOutcome =
  | { text: string; error: null; healthy: boolean }
  | { text: null; error: LabError; healthy: boolean }

/** Room for explaining a failure after the program has used up its own memory. */
const SPARE_BYTES = 4 * 1024 * 1024

/**
 * Runs train.js under LIMITS and returns its description as untrusted JSON text, for parseProgram.
 * The text or the error (program.syntax, program.graph, sandbox.*) is in the outcome; it never throws.
 */
export function runProgram(quickjs: QuickJSWASMModule, request: BoxRequest): RunOutcome {
  if (request.source.length > LIMITS.sourceChars) {
    const message = `train.js is longer than ${LIMITS.sourceChars} characters`
    return { text: null, error: new LabError('program.syntax', message, { hint: 'Make it shorter.' }), healthy: true }
  }
  let late = false
  // counts from the first line of train.js: a cold engine on a busy machine is not the program's fault
  const startClock = () => {
    const deadline = performance.now() + LIMITS.jobMs
    return () => (late ||= performance.now() > deadline)
  }

  const scope = new Scope()
  let outcome: RunOutcome
  try {
    const runtime = scope.manage(quickjs.newRuntime())
    runtime.setMemoryLimit(LIMITS.memoryBytes)
    runtime.setMaxStackSize(LIMITS.stackBytes)
    const vm = scope.manage(runtime.newContext())
    const recorder = openRecorder(vm, scope, request)
    const isLate = startClock()
    runtime.setInterruptHandler(isLate)
    const spare = () => runtime.setMemoryLimit(LIMITS.memoryBytes + SPARE_BYTES)
    outcome = runInContext(vm, scope, recorder, request.source, isLate, spare)
  } catch (thrown) {
    outcome = { text: null, error: late ? timeoutError() : brokenError(thrown), healthy: false }
  }
  try {
    scope.dispose()
  } catch {
    // what QuickJS could not give back stays with this instance; the verdict stands
    outcome = { ...outcome, healthy: false }
  }
  return outcome
}

/** The prelude's { describe, explain }, with the language of train.js set up around them. */
function openRecorder(vm: QuickJSContext, scope: Scope, request: BoxRequest): QuickJSHandle {
  // The parts are written as modules but evaluated as expressions: a module could be imported by train.js.
  const evaluate = (code: string, name: string): QuickJSHandle =>
    scope.manage(vm.unwrapResult(vm.evalCode(`(${code.replace('export default ', '')}\n)`, name, { type: 'global' })))
  const config = {
    vocab: request.vocab,
    tier: request.tier,
    schedulePoints: SCHEDULE_POINTS,
    rampSteps: RAMP_STEPS,
    limits: LIMITS,
  }
  return scope.manage(
    vm.unwrapResult(
      vm.callFunction(
        evaluate(preludeSource, 'prelude.js'),
        vm.undefined,
        evaluate(JSON.stringify(config), 'config.js'),
        evaluate(lockdownSource, 'lockdown.js'),
        evaluate(readersSource, 'readers.js'),
        evaluate(graphSource, 'graph.js'),
      ),
    ),
  )
}

function runInContext(
  vm: QuickJSContext,
  scope: Scope,
  recorder: QuickJSHandle,
  source: string,
  isLate: () => boolean,
  spare: () => void,
): RunOutcome {
  const failed = (error: LabError): RunOutcome => ({ text: null, error, healthy: true })
  const describe = scope.manage(vm.getProp(recorder, 'describe'))
  const explain = scope.manage(vm.getProp(recorder, 'explain'))

  const explained = (thrown: QuickJSHandle): RunOutcome => {
    if (isLate()) return failed(timeoutError())
    spare()
    const told = vm.callFunction(explain, vm.undefined, thrown)
    if (told.error) {
      told.error.dispose()
      return failed(isLate() ? timeoutError() : memoryError())
    }
    const text = vm.getString(scope.manage(told.value))
    return failed(thrownError(text))
  }

  const evaluated = vm.evalCode(source, 'train.js', { type: 'module' })
  if (evaluated.error) return explained(scope.manage(evaluated.error))
  const exported = scope.manage(evaluated.value)
  const state = vm.getPromiseState(exported)
  if (state.type === 'rejected') return explained(scope.manage(state.error))
  if (state.type === 'pending' || !state.notAPromise) return failed(waitingError())

  const described = vm.callFunction(describe, vm.undefined, exported)
  if (described.error) return explained(scope.manage(described.error))
  const text = vm.getString(scope.manage(described.value))
  return isLate() ? failed(timeoutError()) : { text, error: null, healthy: true }
}
