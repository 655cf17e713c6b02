import t from 'tap'
import { type ConfigOutcome, readConfig } from '../../src/base/config.ts'
import { createLog } from '../../src/base/log.ts'
import { keepDialPlan } from '../../src/control/dial-plan.ts'
import { createReloader } from '../../src/control/reload.ts'
import { EMPTY_PICTURE } from '../../src/directory/index.ts'
import { createSealing } from '../../src/people/sealing.ts'

const BASE = 'phones: [{ account: alice, password: first-password }]\n'

/** A reloader over a text that a test changes. */
function bench(text = BASE) {
  const state = { text: text as string | undefined, reads: 0, isHeld: false }
  const lines: string[] = []
  const held: (() => void)[] = []
  const applied: string[] = []
  const first = readConfig({ text: BASE, env: {} })
  if ('problems' in first) throw new Error('the first is good')
  let { config } = first
  const problems: { key: string; says: string; advice: string }[] = []
  const directory = { picture: EMPTY_PICTURE }
  const log = createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' })
  const reloader = createReloader({
    read: async (): Promise<ConfigOutcome | undefined> => {
      state.reads += 1
      const read = state.text
      if (state.isHeld) await new Promise<void>((resolve) => held.push(resolve))
      return read === undefined ? undefined : readConfig({ text: read, env: {} })
    },
    current: () => config,
    check: () => problems,
    apply: (next) => {
      config = next
      applied.push(next.log.level)
    },
    plan: keepDialPlan(first.config, {
      ...{ folder: undefined, problems: () => [], seal: createSealing(Buffer.alloc(32, 7)), log },
      picture: () => directory.picture,
    }),
    log,
  })
  return { directory, state, reloader, lines, held, applied, problems, config: () => config }
}

t.test('what changed is applied, named and logged, and no value with it', async (t) => {
  const { state, reloader, lines, config } = bench()
  state.text = `${BASE.replace('first-password', 'other-password')}log: { level: warn }\nmedia: { portMin: 30000, portMax: 30999 }\n`
  const answer = await reloader.reload()
  t.strictSame(answer, {
    result: 'reloaded',
    applied: [
      { setting: 'phones[alice].password', change: 'changed' },
      { setting: 'log.level', change: 'changed' },
    ],
    needsRestart: [
      { setting: 'media.portMin', change: 'changed' },
      { setting: 'media.portMax', change: 'changed' },
    ],
  })
  t.equal(config().log.level, 'warn')
  t.equal(config().media.portMin, 20_000, 'stays until a restart')
  t.match(lines.join(''), /"setting":"phones\[alice\]\.password".*control\.setting-applied/)
  t.match(lines.join(''), /"level":"warn".*"setting":"media\.portMin".*control\.restart-needed/)
  t.notMatch(lines.join(''), /other-password|first-password/)
  const again = await reloader.reload()
  t.match(again, { applied: [], needsRestart: { length: 2 } }, 'what needs a restart is named until there was one')
})

t.test('a configuration with any mistake changes nothing, and says what is wrong', async (t) => {
  const rows: readonly (readonly [text: string | undefined, expected: object])[] = [
    [`${BASE}log: { level: loud }\n`, { fault: 'config.not-valid', problems: [{ key: 'log.level', line: 2 }] }],
    [
      `${BASE}log: { level: warn }\nnonsense: 1\n`,
      { fault: 'config.not-valid', problems: [{ key: 'nonsense', line: 3 }] },
    ],
    [`${BASE}log: [`, { fault: 'config.not-valid', problems: [{ key: '' }] }],
    [
      `${BASE}log: { level: warn }\nroutes: [{ number: "1", to: { phone: nobody } }]\n`,
      { problems: [{ key: /routes/ }] },
    ],
    [undefined, { fault: 'config.not-readable', problems: [] }],
  ]
  for (const [text, expected] of rows) {
    const { state, reloader, applied, lines, config } = bench()
    const before = config()
    state.text = text
    t.match(await reloader.reload(), { result: 'refused', ...expected })
    t.equal(config(), before)
    t.strictSame(applied, [])
    t.match(lines.join(''), /"level":"error".*control\.reload-refused/)
  }
  const { state, reloader, applied, problems, lines } = bench()
  state.text = `${BASE}log: { level: warn }\n`
  problems.push({ key: 'http.tls', says: 'The certificate cannot be used.', advice: 'Give another.' })
  t.match(await reloader.reload(), { result: 'refused', problems: [{ key: 'http.tls' }] })
  t.strictSame(applied, [], 'what is wrong beyond the text counts as well')
  t.match(lines.join(''), /"setting":"http\.tls","problem":"The certificate cannot be used\. Give another\."/)
  problems.pop()
  t.match(await reloader.reload(), { result: 'reloaded', applied: [{ setting: 'log.level' }] }, 'mended')
})

t.test('one after the other; who asks meanwhile shares the next, which reads anew', async (t) => {
  const { state, reloader, held, applied } = bench()
  state.isHeld = true
  state.text = `${BASE}log: { level: warn }\n`
  const first = reloader.reload()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(state.reads, 1)
  state.text = `${BASE}log: { level: error }\n`
  const later = Array.from({ length: 1000 }, () => reloader.reload())
  t.equal(new Set(later).size, 1, 'a thousand who wait are one')
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(state.reads, 1, 'not while the first is under way')
  held.shift()?.()
  await first
  t.strictSame(applied, ['warn'])
  await new Promise((resolve) => setImmediate(resolve))
  held.shift()?.()
  await Promise.all(later)
  t.strictSame(applied, ['warn', 'error'])
  t.equal(state.reads, 2)
})

t.test('after a defect the next one is carried out all the same', async (t) => {
  const { state, reloader, applied } = bench()
  const good = state.text
  Object.defineProperty(state, 'reads', {
    set: () => {
      throw new Error('a defect')
    },
    configurable: true,
  })
  await t.rejects(reloader.reload(), /a defect/)
  Object.defineProperty(state, 'reads', { value: 0, writable: true })
  state.text = `${good}log: { level: warn }\n`
  await reloader.reload()
  t.strictSame(applied, ['warn'])
})
