import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fault } from '../../src/base/fault.ts'
import type { FaultCode } from '../../src/base/faults.ts'
import type { CallEvent, CallView } from '../../src/call/index.ts'
import { createCallHistory } from '../../src/history/call-history.ts'
import type { startDiskThread } from '../../src/history/disk-thread.ts'
import { createKeeper, type HistoryEvent } from '../../src/history/keeper.ts'
import type { HistoryOrder } from '../../src/history/orders.ts'
import type { CallRow } from '../../src/history/row.ts'
import { shownCall } from '../peers/kept-calls.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

type Answer = { resolve(gave: boolean | undefined): void; reject(code: FaultCode): void }

/** A keeper with a thread that does what the test says: answer at once, or when it is told to. */
function bench(t: Test, mostWaiting?: number) {
  const clock = steppedClock()
  const views = new Map<string, CallView>()
  const events: HistoryEvent[] = []
  const orders: HistoryOrder[] = []
  const open: Answer[] = []
  let patient = false
  let started = 0
  const ask = (order: HistoryOrder): Promise<boolean | undefined> => {
    orders.push(order)
    if (!patient || order.do !== 'write') return Promise.resolve(order.do === 'forget' ? false : undefined)
    return new Promise((resolve, reject) => {
      open.push({ resolve, reject: (code) => reject(fault(code)) })
    })
  }
  const keeper = createKeeper({
    file: join(t.testdir(), 'calls.sqlite'),
    keepDays: 90,
    hiddenDigits: 0,
    clock,
    wallMs: () => 1_700_000_000_000 + clock.now(),
    random: (count) => new Uint8Array(count),
    viewOf: (callId) => views.get(callId),
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
    startThread: (() => {
      started += 1
      return { ask, end: () => undefined }
    }) as unknown as typeof startDiskThread,
  })
  keeper.subscribe((event) => events.push(event))
  const tell = (type: CallEvent['type'], view: CallView): void => {
    views.set(view.callId, view)
    keeper.take({ type, atMs: clock.now(), callId: view.callId } as CallEvent)
  }
  const batches = (): readonly (readonly CallRow[])[] =>
    orders.flatMap((order) => (order.do === 'write' ? [order.rows] : []))
  t.teardown(() => {
    for (const { resolve } of open) resolve(undefined)
  })
  return {
    ...{ keeper, clock, events, orders, open, tell, batches },
    started: () => started,
    patient: (is = true) => {
      patient = is
    },
  }
}

/** Lets what was promised come to pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

const ended = { endedAtMs: 1_000_000, ending: 'no-answer' } as const

t.test('calls of a quarter of a second go in one batch, a row each, as they are then', async (t) => {
  const { keeper, clock, orders, tell, batches } = bench(t)
  await keeper.start()
  t.strictSame(batches(), [[]], 'the file is opened before the first call')
  t.match(orders[1], { do: 'forget', beforeMs: 1_700_000_000_000 + 1_000_000 - 90 * 86_400_000 })
  tell('call.arrived', shownCall('call-b'))
  tell('call.ringing', shownCall('call-x'))
  tell('call.arrived', shownCall('call-c'))
  tell('call.ended', shownCall('call-b', ended))
  clock.step(249)
  await settle()
  t.equal(batches().length, 1)
  clock.step(1)
  await settle()
  t.match(batches()[1], [
    { callId: 'call-b', ending: 'no-answer', startedMs: 1_700_001_000_000 },
    { callId: 'call-c', ending: null },
  ])
  t.equal(batches()[1]?.length, 2)
  clock.step(10_000)
  await settle()
  t.equal(batches().length, 2, 'nothing new: nothing written')
  t.match(keeper.stats(), { available: true, waiting: 0, written: 2, dropped: 0 })
  await keeper.stop()
  t.match(orders.at(-1), { do: 'close' })
})

t.test(
  'a disk that refuses: an alarm, rows wait, the newest word of a call wins, and it goes on by itself',
  async (t) => {
    const { keeper, clock, events, open, tell, batches, patient } = bench(t)
    await keeper.start()
    patient()
    tell('call.arrived', shownCall('call-b'))
    clock.step(250)
    await settle()
    tell('call.ended', shownCall('call-b', ended))
    tell('call.arrived', shownCall('call-c'))
    open.shift()?.reject('history.not-writable')
    await settle()
    t.match(events, [{ type: 'history.failed', fault: 'history.not-writable' }])
    t.match(keeper.stats(), { available: false, waiting: 2, written: 0 })
    for (let i = 0; i < 2; i++) {
      clock.step(2000)
      await settle()
      t.match(batches().at(-1), [{ callId: 'call-b', ending: 'no-answer' }, { callId: 'call-c' }])
      if (i === 0) open.shift()?.reject('history.not-writable')
      await settle()
    }
    t.equal(events.length, 1, 'told once')
    open.shift()?.resolve(undefined)
    await settle()
    t.match(events[1], { type: 'history.resumed', missedMs: 4000, dropped: 0 })
    t.match(keeper.stats(), { available: true, waiting: 0, written: 2 })
    await keeper.stop()
  },
)

t.test('a disk that does not answer: an alarm after ten seconds, and no more rows than fit', async (t) => {
  const { keeper, clock, events, open, tell, patient } = bench(t, 5)
  await keeper.start()
  patient()
  tell('call.arrived', shownCall('call-b'))
  clock.step(250)
  await settle()
  for (let i = 0; i < 8; i++) tell('call.arrived', shownCall(`call-${i}`))
  clock.step(9_999)
  t.strictSame(events, [])
  clock.step(1)
  t.match(events, [{ type: 'history.failed', fault: 'history.slow' }])
  t.match(keeper.stats(), { available: false, waiting: 5, dropped: 3 })
  patient(false)
  open.shift()?.resolve(undefined)
  await settle()
  t.match(events[1], { type: 'history.resumed' })
  await keeper.stop()
  t.match(keeper.stats(), { available: true, waiting: 0, written: 6 })
})

t.test('a thread that dies is started again', async (t) => {
  const { keeper, clock, events, open, tell, patient, started } = bench(t)
  await keeper.start()
  patient()
  tell('call.arrived', shownCall('call-b'))
  clock.step(250)
  await settle()
  open.shift()?.reject('base.internal')
  await settle()
  clock.step(2000)
  await settle()
  t.equal(started(), 2)
  open.shift()?.resolve(undefined)
  await settle()
  t.match(events, [{ fault: 'base.internal' }, { type: 'history.resumed' }])
  await keeper.stop()
})

t.test('the end waits for a disk no longer than three seconds', async (t) => {
  const { keeper, clock, tell, patient, batches } = bench(t)
  await keeper.start()
  patient()
  tell('call.ended', shownCall('call-b', ended))
  const stopped = keeper.stop()
  await settle()
  t.match(batches().at(-1), [{ callId: 'call-b' }], 'what waits is written')
  clock.step(3000)
  await stopped
})

t.test('through real threads: written, read, and only one writer', async (t) => {
  // No limit of time ends here: a disk that others keep busy takes longer over a row than the end waits for it.
  const clock = steppedClock()
  const file = join(t.testdir(), 'sub', 'calls.sqlite')
  const view = shownCall('call-b', { ...ended, startedAtMs: clock.now() })
  const historyOf = (enabled = true) =>
    createCallHistory({
      ...{ enabled, file, keepDays: 90, hiddenDigits: 2, clock, wallMs: Date.now },
      random: (count) => new Uint8Array(count),
      viewOf: () => view,
    })
  const history = historyOf()
  await history.start()
  const failed: HistoryEvent[] = []
  const second = historyOf()
  second.subscribe((event) => failed.push(event))
  await second.start()
  t.match(failed, [{ type: 'history.failed', fault: 'history.in-use' }])
  await second.stop()
  history.take({ type: 'call.ended', atMs: 0, callId: 'call-b' } as CallEvent)
  await history.stop()
  t.match(await history.page({ limit: 5 }), { calls: [{ callId: 'call-b', from: '+4930123456**', to: '1**' }] })
  await t.rejects(history.page({ limit: -2, number: {} as unknown as string }), { code: 'base.internal' })
  const asked = Array.from({ length: 17 }, () =>
    history.page({ limit: 5 }).then(
      () => 'read',
      ({ code }) => code,
    ),
  )
  t.strictSame((await Promise.all(asked)).toSorted().slice(0, 2), ['history.busy', 'read'], 'no more than wait')
  await history.stop()
  await t.rejects(historyOf(false).page({ limit: 1 }), { code: 'history.off' })
})

t.test('how much is kept, and for how long, changes while it runs', async (t) => {
  const { keeper, clock, orders, tell, batches } = bench(t)
  await keeper.start()
  const forgotten = () => orders.flatMap((order) => (order.do === 'forget' ? [order.beforeMs] : []))
  t.equal(forgotten().length, 1)
  keeper.reconfigure({ keepDays: 90, hiddenDigits: 4 })
  await settle()
  t.equal(forgotten().length, 1, 'the same term: nothing is looked for')
  tell('call.arrived', shownCall('call-b', { from: '+49301234567' }))
  clock.step(250)
  await settle()
  t.equal(batches().at(-1)?.[0]?.from, '+4930123****')
  for (let days = 89; days > 29; days--) keeper.reconfigure({ keepDays: days, hiddenDigits: 4 })
  await settle()
  t.equal(forgotten().at(-1), 1_700_000_000_000 + clock.now() - 30 * 86_400_000, 'a shorter term counts at once')
  const soFar = forgotten().length
  clock.step(3_600_000)
  await settle()
  t.equal(forgotten().length, soFar + 1, 'and there is one round of forgetting, however often it was changed')
  await keeper.stop()
})
