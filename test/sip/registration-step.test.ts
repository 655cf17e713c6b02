import t from 'tap'
import {
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationState,
  registrationStart,
  stepRegistration,
} from '../../src/sip/registration-step.ts'

const RETRY_MS = 10_000
const now = { nowMs: 1000, chance: 0.5 }
const refused = (status: number, more: { minSeconds?: number; retryAfterSeconds?: number } = {}) =>
  ({ type: 'refused', status, minSeconds: undefined, retryAfterSeconds: undefined, ...more, ...now }) as const

/** Runs events one after the other. @returns the last state and what each event led to. */
function run(...events: readonly RegistrationEvent[]): {
  readonly state: RegistrationState
  readonly effects: readonly (readonly RegistrationEffect[])[]
} {
  let state = registrationStart(600)
  const effects = events.map((event) => {
    const [next, ...led] = stepRegistration(RETRY_MS, state, event)
    state = next
    return led
  })
  return { state, effects }
}

const granted = { type: 'granted', seconds: 100, ...now } as const
const waitAfter = (...events: readonly RegistrationEvent[]) =>
  run(...events)
    .effects.at(-1)
    ?.find((effect) => effect.do === 'arm')

t.test('what is granted counts, and is refreshed in good time', async (t) => {
  const { state, effects } = run({ type: 'started' }, granted)
  t.strictSame(effects, [
    [{ do: 'ask', seconds: 600 }],
    [
      { do: 'arm', timer: 'expiry', ms: 100_000 },
      { do: 'arm', timer: 'again', ms: 75_000 },
      { do: 'tell', what: 'registered', seconds: 100 },
      { do: 'rest' },
    ],
  ])
  t.match(state, { at: 'resting', untilMs: 101_000, failures: 0 })
  t.strictSame(
    [0, 0.999].map((chance) => waitAfter({ type: 'started' }, { ...granted, chance })),
    [
      { do: 'arm', timer: 'expiry', ms: 100_000 },
      { do: 'arm', timer: 'expiry', ms: 100_000 },
    ],
  )
  const refreshed = run({ type: 'started' }, granted, { type: 'lapsed', timer: 'again' }, granted)
  t.notOk(
    refreshed.effects.at(-1)?.some((effect) => effect.do === 'tell'),
    'a refresh is no news',
  )
})

t.test('what is granted for ever is refreshed within a week', async (t) => {
  const { state, effects } = run({ type: 'started' }, { ...granted, seconds: 2 ** 32 - 1 })
  const weekMs = 7 * 86_400_000
  t.match(effects.at(-1), [
    { do: 'arm', timer: 'expiry', ms: weekMs },
    { do: 'arm', timer: 'again', ms: 0.75 * weekMs },
    { do: 'tell', what: 'registered', seconds: weekMs / 1000 },
  ])
  t.match(state, { at: 'resting', untilMs: 1000 + weekMs })
})

t.test('423 raises the interval once, and for good', async (t) => {
  const brief = refused(423, { minSeconds: 1800 })
  t.strictSame(run({ type: 'started' }, brief).effects.at(-1), [{ do: 'ask', seconds: 1800 }])
  t.match(run({ type: 'started' }, brief, brief).state, { at: 'resting', failures: 1 }, 'a second one is a refusal')
  const again = run({ type: 'started' }, brief, granted, { type: 'lapsed', timer: 'again' })
  t.strictSame(again.effects.at(-1), [{ do: 'ask', seconds: 1800 }])
  t.match(run({ type: 'started' }, refused(423)).state, { at: 'resting', failures: 1 }, 'without Min-Expires too')
})

t.test('waits after failures', async (t) => {
  const rows: readonly (readonly [string, readonly RegistrationEvent[], number])[] = [
    ['nobody answers', [{ type: 'unreachable', ...now }], 7500],
    ['the shortest draw', [{ type: 'unreachable', nowMs: 0, chance: 0 }], 5000],
    ['5xx', [refused(500)], 7500],
    ['a wrong password', [refused(401)], 75_000],
    ['403', [refused(403)], 75_000],
    ['480', [refused(480)], 7500],
    ['Retry-After that is longer', [refused(503, { retryAfterSeconds: 60 })], 60_000],
    ['Retry-After that is shorter', [refused(503, { retryAfterSeconds: 1 })], 7500],
    ['Retry-After of a year', [refused(503, { retryAfterSeconds: 31_536_000 })], 3_600_000],
  ]
  for (const [says, events, ms] of rows) {
    t.strictSame(waitAfter({ type: 'started' }, ...events), { do: 'arm', timer: 'again', ms }, says)
  }
  const lapsed = { type: 'lapsed', timer: 'again' } as const
  const failed = { type: 'unreachable', ...now } as const
  const many = Array.from({ length: 30 }, () => [failed, lapsed]).flat()
  t.strictSame(waitAfter({ type: 'started' }, failed, lapsed, failed), { do: 'arm', timer: 'again', ms: 15_000 })
  t.strictSame(waitAfter({ type: 'started' }, ...many, failed), { do: 'arm', timer: 'again', ms: 1_350_000 })
})

t.test('a failed refresh leaves it standing until it expires', async (t) => {
  const standing = [{ type: 'started' }, granted, { type: 'lapsed', timer: 'again' }, refused(500)] as const
  t.match(run(...standing).effects.at(-1), [{}, { what: 'failed', isStanding: true }, { do: 'rest' }])
  const lost = run(...standing, { type: 'lapsed', timer: 'expiry' })
  t.strictSame(lost.effects.at(-1), [{ do: 'tell', what: 'lost' }])
  t.equal(lost.state.untilMs, undefined)
  const found = run(...standing, { type: 'lapsed', timer: 'expiry' }, { type: 'lapsed', timer: 'again' }, granted)
  t.match(found.effects.at(-1)?.at(2), { do: 'tell', what: 'registered' })
  const asking = run(
    { type: 'started' },
    granted,
    { type: 'lapsed', timer: 'again' },
    { type: 'lapsed', timer: 'expiry' },
  )
  t.match(asking.state, { at: 'asking', untilMs: undefined })
})

t.test('it is taken away at the end, unless there is nothing to take', async (t) => {
  const leaving = run({ type: 'started' }, granted, { type: 'stopped' })
  t.strictSame(leaving.effects.at(-1)?.at(-1), { do: 'ask', seconds: 0 })
  for (const end of [granted, refused(500), { type: 'unreachable', ...now }] as const) {
    const { state, effects } = run({ type: 'started' }, granted, { type: 'stopped' }, end)
    t.match(state, { at: 'off', untilMs: undefined })
    t.strictSame(effects.at(-1), [{ do: 'tell', what: 'unregistered' }, { do: 'rest' }])
  }
  t.match(run({ type: 'started' }, { type: 'stopped' }).state, { at: 'leaving' }, 'it may have been taken already')
  const never = run({ type: 'started' }, refused(403), { type: 'stopped' })
  t.equal(never.state.at, 'off')
  t.notOk(never.effects.at(-1)?.some((effect) => effect.do === 'ask'))
  const late = run({ type: 'started' }, granted, { type: 'stopped' }, { type: 'lapsed', timer: 'again' })
  t.strictSame(late.effects.at(-1), [])
})

t.test('its connection has ended', async (t) => {
  const cut = { type: 'cut', ...now } as const
  t.strictSame(waitAfter({ type: 'started' }, granted, cut), { do: 'arm', timer: 'again', ms: 7500 })
  t.strictSame(
    waitAfter({ type: 'started' }, granted, { ...cut, nowMs: 99_000 }),
    { do: 'arm', timer: 'again', ms: 1000 },
    'the refresh is not put off beyond the end',
  )
  t.equal(waitAfter({ type: 'started' }, cut), undefined)
  t.equal(waitAfter({ type: 'started' }, { type: 'unreachable', ...now }, cut), undefined, 'the next try comes anyway')
})
