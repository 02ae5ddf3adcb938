// Runs inside the box around train.js: gives it knob, tier and vocab, calls what it exports, and writes the
// whole description as JSON text. Nothing but that text leaves, and nobody outside trusts it.
export default function prelude(config, lockdown, makeReaders, makeGraph) {
  const known = new WeakMap()

  function fail(message, hint = '', code = 'program.graph') {
    const error = new Error(message)
    known.set(error, { code, hint })
    throw error
  }

  const freezeAll = lockdown((name) =>
    fail(`${name} is not there`, 'The judge owns clock and seed; describe with plain numbers.', 'sandbox.forbidden'),
  )
  const readers = makeReaders(fail)
  const { show, number, numbers } = readers

  const spaces = {
    int: (value, [min, max]) => Number.isInteger(value) && value >= min && value <= max,
    linear: (value, [min, max]) => value >= min && value <= max,
    log: (value, [min, max]) => min > 0 && value >= min && value <= max,
    pow2: (value, [min, max]) => value > 0 && Number.isInteger(Math.log2(value)) && value >= min && value <= max,
    oneOf: (value, options) => options.includes(value),
  }
  const kinds = Object.keys(spaces).join(', ')

  const isList = (list) => Array.isArray(list) && list.length > 0
  const isCondition = (when) => typeof when === 'object' && when !== null && Object.values(when).every(isList)

  /**
   * A number or choice that a researcher may turn: const NAME = knob(value, { log: [0.001, 0.1] }). With
   * `when: { OTHER: [values] }` beside the space, nobody turns it while the knob OTHER has another value.
   */
  function knob(value, space) {
    const given = typeof space === 'object' && space !== null ? Object.entries(space) : []
    const entries = given.filter(([name]) => name !== 'when')
    if (given.length > entries.length && !isCondition(space.when))
      fail('knob: when must name knobs with a list of values each', "For example when: { RULE: ['muon'] }.")
    if (entries.length !== 1 || !Object.hasOwn(spaces, entries[0][0]) || !Array.isArray(entries[0][1]))
      fail(`knob: the second argument must name one space of ${kinds}`, 'For example { int: [1, 12] }.')
    const [kind, range] = entries[0]
    if (!['number', 'string', 'boolean'].includes(typeof value) || !spaces[kind](value, range))
      fail(`knob: ${show(value)} is not in { ${kind}: [${range.map(show).join(', ')}] }`, 'Change one of them.')
    return value
  }

  Object.assign(globalThis, { knob, tier: config.tier, vocab: config.vocab })
  freezeAll()

  const groupDefaults = {
    adamw: { lr: 0.001, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, momentum: 0 },
    muon: { lr: 0.02, beta1: 0, beta2: 0.95, eps: 1e-10, weightDecay: 0, momentum: 0.95 },
    lion: { lr: 0.0001, beta1: 0.9, beta2: 0.99, eps: 0, weightDecay: 0, momentum: 0 },
    sgd: { lr: 0.1, beta1: 0, beta2: 0, eps: 0, weightDecay: 0, momentum: 0.9 },
  }

  /** 'exact.name' or 'block.*', a RegExp, a list of those, or a function of { name, shape }. */
  function matches(match, param) {
    if (typeof match === 'string') return glob(match.split('*'), param.name)
    if (match instanceof RegExp) return param.name.search(match) >= 0
    if (Array.isArray(match)) return match.some((one) => matches(one, param))
    if (typeof match === 'function') return Boolean(match(param))
    return fail(`optimizer: match must be a name, RegExp, list or function, got ${show(match)}`, 'Try /^block/.')
  }

  function glob(parts, name) {
    const last = parts.length - 1
    if (last === 0) return parts[0] === name
    if (!name.startsWith(parts[0])) return false
    let at = parts[0].length
    for (let i = 1; i < last; i++) {
      const found = name.indexOf(parts[i], at)
      if (found < 0) return false
      at = found + parts[i].length
    }
    return name.length - parts[last].length >= at && name.endsWith(parts[last])
  }

  function readGroups(optimizer, params) {
    const views = params.map(({ name, shape }) => Object.freeze({ name, shape: Object.freeze(shape.slice()) }))
    const given = optimizer === undefined ? [{ match: /./, rule: 'adamw' }] : optimizer(Object.freeze(views.slice()))
    if (!Array.isArray(given) || given.length > config.limits.groups)
      fail(
        `optimizer: must return a list of at most ${config.limits.groups} groups, got ${show(given)}`,
        'Return [{ match, rule, lr }, …].',
      )
    const groups = []
    const taken = new Set()
    for (let i = 0; i < given.length; i++) {
      const group = given[i]
      const rule = typeof group === 'object' && group !== null ? group.rule : undefined
      if (typeof rule !== 'string' || !Object.hasOwn(groupDefaults, rule))
        fail(`optimizer: group ${i} has rule ${show(rule)}`, `Rules: ${Object.keys(groupDefaults).join(', ')}.`)
      const settings = numbers(`optimizer: group ${i} (${rule})`, group, groupDefaults[rule], ['match', 'rule'])
      const match = group.match
      const mine = views.filter((param) => !taken.has(param.name) && matches(match, param))
      for (const { name, shape } of mine) {
        if (rule === 'muon' && shape.length !== 2)
          fail(
            `optimizer: muon takes matrices only, but ${name} has shape [${shape}]`,
            `Match ${name} in an earlier group with another rule.`,
          )
        taken.add(name)
      }
      if (mine.length > 0) groups.push({ params: mine.map((param) => param.name), rule, ...settings })
    }
    const left = views.filter((param) => !taken.has(param.name))
    if (left.length > 0)
      fail(
        `optimizer: no group matches the parameter ${left[0].name}${left.length > 1 ? ' and others' : ''}`,
        'Add a group for it, or a last group with match: /./ for the rest.',
      )
    return groups
  }

  /** One value of `point`; the whole point is only looked over when it is the first or something is wrong. */
  function sample(who, point, name, defaults, isFirst) {
    const value = point?.[name]
    if (!isFirst && typeof value === 'number' && isFinite(value)) return value
    return numbers(who, point, defaults)[name]
  }

  function sampleSchedule(schedule) {
    const sampled = { lr: [], weightDecay: [] }
    const defaults = { lr: 1, weightDecay: 1 }
    for (let i = 0; i < config.schedulePoints; i++) {
      const progress = i / (config.schedulePoints - 1)
      const point = schedule === undefined ? undefined : schedule({ progress })
      for (const name of ['lr', 'weightDecay'])
        sampled[name].push(sample('schedule', point, name, defaults, i === 0))
    }
    return sampled
  }

  function sampleRamp(ramp) {
    const momentum = []
    if (ramp === undefined) return { momentum }
    for (let step = 0; step < config.rampSteps; step++) {
      const point = ramp({ step })
      if (step === 0 && point?.momentum === undefined) return { momentum }
      momentum.push(sample('ramp', point, 'momentum', { momentum: null }, step === 0))
    }
    while (momentum.length > 1 && momentum.at(-1) === momentum.at(-2)) momentum.pop()
    return { momentum }
  }

  function describe(exported) {
    const callable = (name) => {
      const value = exported[name]
      if (value !== undefined && typeof value !== 'function')
        fail(`${name} must be a function, got ${show(value)}`, `Write export function ${name}(…) { … }.`)
      return value
    }
    const model = callable('model')
    if (model === undefined) fail('there is no model', 'Write export function model(g, tokens) { …; return logits }.')
    const { g, tokens, params, nodes, indexOf } = makeGraph(fail, readers, config.limits)
    const logits = model(g, tokens)
    const output = typeof logits === 'object' && logits !== null ? indexOf.get(logits) : undefined
    if (output === undefined) {
      const got = logits instanceof Promise ? 'a promise' : show(logits)
      fail(`model must return the logits node, got ${got}`, 'A plain function that ends with: return logits.')
    }
    const text = JSON.stringify({
      version: 1,
      batch: numbers('batch', exported.batch, { rows: 8, context: 128, accumulate: 1 }),
      training: numbers('training', exported.training, { clip: 0, ema: 0 }),
      graph: { params, nodes, output },
      groups: readGroups(callable('optimizer'), params),
      schedule: sampleSchedule(callable('schedule')),
      ramp: sampleRamp(callable('ramp')),
    })
    if (text.length > config.limits.outputChars)
      fail('the description is too long to leave the box', 'Build a smaller model.', 'sandbox.output')
    return text
  }

  /** What was thrown, as JSON text: from a reader above, from the language, or from train.js itself. */
  function explain(thrown) {
    const isObject = typeof thrown === 'object' && thrown !== null
    const text = (value) => (typeof value === 'string' ? value.slice(0, 500) : '')
    const place = /train\.js:(\d+)/.exec(isObject ? text(thrown.stack) : '')
    return JSON.stringify({
      name: isObject ? text(thrown.name) : '',
      message: isObject ? text(thrown.message) : show(thrown),
      line: place === null ? null : number('line', 'line', Number(place[1])),
      ...(isObject ? known.get(thrown) : undefined),
    })
  }

  return { describe, explain }
}
