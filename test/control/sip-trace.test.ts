import t from 'tap'
import type { CallEvent, CallListener, CallView } from '../../src/call/index.ts'
import { createSipTraces, type TraceAsked, type TraceEvent } from '../../src/control/sip-trace.ts'
import type { SeenMessage } from '../../src/sip/index.ts'
import { shownCall } from '../peers/kept-calls.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const SECURE = { secureSessions: [{ endedAtMs: undefined }] } as unknown as Partial<CallView>

/** Traces of a room in which the test speaks. Call-IDs are those of calls by `owners`. */
function bench() {
  const clock = steppedClock()
  const views = new Map<string, CallView>()
  const owners = new Map<string, string>()
  const watchers = new Set<(seen: SeenMessage) => void>()
  const listeners = new Set<CallListener>()
  const add = <T>(set: Set<T>, member: T) => {
    set.add(member)
    return () => void set.delete(member)
  }
  const traces = createSipTraces({
    watch: (listener) => add(watchers, listener),
    calls: {
      get: (callId) => views.get(callId),
      list: () => [...views.values()],
      ofDialog: (sipCallId) => views.get(owners.get(sipCallId) ?? ''),
      subscribe: (listener) => add(listeners, listener),
    },
    clock,
    wallMs: () => 1_700_000_000_000 + clock.now(),
  })
  const say = (sipCallId: string, first: string, headers = ''): void => {
    const at = { atMs: clock.now(), transport: 'udp', direction: 'in' } as const
    const ends = { local: { address: '192.0.2.1', port: 5060 }, far: { address: '192.0.2.7', port: 5060 } }
    for (const watcher of watchers) watcher({ ...at, ...ends, sipCallId, head: `${first}\r\n${headers}\r\n` })
  }
  const tell = (type: CallEvent['type'], callId: string): void => {
    for (const listener of listeners) listener({ type, atMs: clock.now(), callId } as CallEvent)
  }
  const start = (asked: TraceAsked, seconds = 60) => {
    const told: TraceEvent[] = []
    const stop = traces.start(asked, seconds, (event) => told.push(event))
    return {
      told,
      stop,
      heads: () => told.flatMap((event) => (event.type === 'trace.message' ? [event.head.split('\r\n')[0]] : [])),
    }
  }
  return {
    clock,
    views,
    owners,
    traces,
    say,
    tell,
    start,
    watching: () => watchers.size + listeners.size + clock.pending,
  }
}

t.test(
  'of one call: its messages and no others, also those that came before its leg was known and after its end',
  async (t) => {
    const { clock, views, owners, say, tell, start, watching } = bench()
    views.set('call-b', shownCall('call-b'))
    views.set('call-c', shownCall('call-c'))
    owners.set('dialog-b', 'call-b').set('dialog-c', 'call-c')
    const { told, heads } = start({ of: 'call', callId: 'call-b' })
    say('dialog-b', 'INVITE one')
    say('dialog-new', 'INVITE two')
    say('dialog-c', 'INVITE other')
    say('dialog-none', 'REGISTER')
    owners.set('dialog-new', 'call-b')
    clock.step(100)
    t.strictSame(heads(), ['INVITE one', 'INVITE two'])
    t.match(told[0], { callId: 'call-b', at: new Date(1_700_001_000_000).toISOString() })
    views.delete('call-b')
    tell('call.ended', 'call-b')
    say('dialog-new', 'BYE')
    clock.step(1999)
    t.strictSame(heads(), ['INVITE one', 'INVITE two', 'BYE'])
    clock.step(1)
    t.match(told.at(-1), { type: 'trace.ended', why: 'call-over' })
    t.equal(watching(), 0, 'and nothing is collected any more')
  },
)

t.test(
  'a call in a secure session is refused; one that gets there is stopped, and nothing that was held is told',
  async (t) => {
    const { clock, views, owners, say, tell, start, watching } = bench()
    views.set('call-b', shownCall('call-b', SECURE))
    t.throws(() => start({ of: 'call', callId: 'call-b' }), { code: 'trace.secure-session' })
    t.throws(() => start({ of: 'call', callId: 'call-none' }), { code: 'call.not-found' })
    views.set('call-b', shownCall('call-b', { endedAtMs: 1 }))
    t.throws(() => start({ of: 'call', callId: 'call-b' }), { code: 'call.not-found' })
    t.equal(watching(), 0)
    views.set('call-b', shownCall('call-b'))
    owners.set('dialog-b', 'call-b')
    const { told } = start({ of: 'call', callId: 'call-b' })
    say('dialog-b', 'INFO of the session')
    tell('secure.requested', 'call-b')
    t.match(told, [{ type: 'trace.ended', why: 'secure-session' }])
    clock.step(5000)
    t.equal(told.length, 1)
    t.equal(watching(), 0)
  },
)

t.test('of all: calls in secure sessions are left out, for good, and told so once', async (t) => {
  const { clock, views, owners, say, tell, start } = bench()
  for (const id of ['b', 'c', 'd']) {
    views.set(`call-${id}`, shownCall(`call-${id}`, id === 'b' ? SECURE : {}))
    owners.set(`dialog-${id}`, `call-${id}`)
  }
  const { told, heads } = start({ of: 'all' })
  views.set('call-b', shownCall('call-b'))
  for (const id of ['b', 'c', 'd']) say(`dialog-${id}`, `INVITE ${id}`)
  tell('secure.requested', 'call-c')
  say('dialog-none', 'REGISTER')
  say('dialog-c', 'BYE c')
  clock.step(100)
  t.strictSame(heads(), ['INVITE d', 'REGISTER'])
  t.match(
    told.filter(({ type }) => type === 'trace.left-out'),
    [{ callId: 'call-b' }, { callId: 'call-c' }],
  )
})

t.test('of a number: calls from or to it with both legs, and what names it outside of calls', async (t) => {
  const { clock, views, owners, say, start } = bench()
  views.set('call-b', shownCall('call-b', { from: '+491', to: '100' }))
  owners.set('one', 'call-b').set('two', 'call-b')
  const { heads } = start({ of: 'number', number: '100' })
  say('one', 'INVITE one')
  say('two', 'INVITE two', 'To: <sip:alice@b>\r\n')
  say('', 'REGISTER no', 'To: <sip:1001@b>\r\n')
  say('', 'REGISTER yes', 'From: "100" <sip:1@b>\r\nt : <sip:100@b>;tag=1\r\n')
  clock.step(100)
  t.strictSame(heads(), ['INVITE one', 'INVITE two', 'REGISTER yes'])
})

t.test('bounds: time, messages at once, traces at once', async (t) => {
  const { clock, say, start, traces, watching } = bench()
  const { told, stop } = start({ of: 'all' }, 10)
  for (let i = 0; i < 2100; i++) say('', `OPTIONS ${i}`)
  clock.step(100)
  t.equal(told.length, 2001)
  t.match(told.at(-1), { type: 'trace.missed', count: 100 })
  const others = [1, 2, 3].map(() => start({ of: 'all' }))
  t.throws(() => start({ of: 'all' }), { code: 'trace.too-many' })
  clock.step(10_000)
  t.match(told.at(-1), { type: 'trace.ended', why: 'time-up' })
  stop()
  t.equal(traces.running, 3)
  for (const other of others) other.stop()
  t.equal(watching(), 0)
})
