import t from 'tap'
import type { CallEvent } from '../../src/call/events.ts'
import type { Pair } from '../../src/call/pair.ts'
import { createRecordings, type RecordingTerms } from '../../src/call/recordings.ts'
import { callBench, settle } from '../peers/call-bench.ts'
import { nothingLeft, sent } from '../peers/call-legs.ts'
import { FakeMedia, type FakePort } from '../peers/fake-media.ts'
import { phoneMedia } from '../peers/phone-media.ts'
import { steppedClock } from '../peers/stepped-clock.ts'

const recording: RecordingTerms = { isOn: () => true, fileOf: (callId) => `/recordings/${callId}.p7m` }
const NOTHING = { onKey: () => undefined, onQuiet: () => undefined }
const token = { by: 'token' } as const

function told(bench: ReturnType<typeof callBench>): readonly string[] {
  return bench.events.map(({ type }) => type).filter((type) => type.startsWith('recording.'))
}

t.test(
  'from the moment in which both hear each other, on the port of the caller, until the call is over',
  async (t) => {
    const bench = callBench({ recording })
    const { callId, caller, callerPort, agentPort } = await bench.bridged()
    await settle()
    t.equal(callerPort.recordedIn, `/recordings/${callId}.p7m`)
    t.equal(agentPort.recorded, undefined)
    t.same(told(bench), ['recording.began'])
    caller.bye()
    await settle()
    t.match(
      bench.events.find(({ type }) => type === 'recording.ended'),
      { callId, octets: 4096, segments: 2, lostMs: 0 },
    )
    nothingLeft(t, bench)
  },
)

t.test('not recorded: where nothing is, emergency calls apart, and where calls that begin are not', async (t) => {
  for (const terms of [undefined, { ...recording, isOn: () => false }]) {
    const bench = callBench(terms === undefined ? {} : { recording: terms })
    const { callerPort, caller } = await bench.bridged()
    await bench.calls.startSecureSession(bench.calls.list()[0]?.callId ?? '', { fields: [], startedBy: token })
    await settle()
    t.equal(callerPort.recorded, undefined)
    caller.bye()
    await settle()
    t.same(told(bench), [])
    const [opened] = bench.trail.bodies
    t.match(opened?.kind === 'opened' && opened.sinks.find(({ name }) => name === 'recorder'), { state: 'absent' })
  }
})

t.test('secure: off before the legs are parted, found to be by its counter, and on again afterwards', async (t) => {
  const bench = callBench({ recording })
  const { callId, callerPort } = await bench.bridged()
  const started = bench.calls.startSecureSession(callId, { fields: [], startedBy: token })
  await settle()
  t.equal(callerPort.recorded?.withheld, true)
  t.same(bench.trail.bodies, [], 'not before it was read twice')
  bench.clock.step(45)
  await started
  await settle()
  bench.vault.last.began()
  await settle()
  t.ok(bench.journal.indexOf('port1 withhold true') < bench.journal.indexOf('port1 release'))
  bench.vault.last.wiped({ result: 'declined', details: '' })
  bench.vault.last.returned()
  await settle()
  t.equal(callerPort.recorded?.withheld, false)
  t.match(
    bench.trail.closing.facts?.sinks.find(({ name }) => name === 'recorder'),
    { state: 'off', by: 'control' },
  )
})

t.test('a recorder that goes on though it says that it is off keeps the session from beginning', async (t) => {
  const bench = callBench({ recording })
  const { callId, callerPort } = await bench.bridged()
  await settle()
  callerPort.recordsOn = true
  const refused = t.rejects(bench.calls.startSecureSession(callId, { fields: [], startedBy: token }), {
    code: 'secure.sink-not-off',
    detail: { reason: 'recorder' },
  })
  await settle()
  bench.clock.step(45)
  await refused
  t.equal(callerPort.recorded?.withheld, false, 'it is on again')
  t.match(bench.calls.get(callId), { state: 'bridged' })
})

t.test('a recorder that does not answer keeps the session from beginning as well', async (t) => {
  const bench = callBench({ recording })
  const { callId } = await bench.bridged()
  await settle()
  bench.media.fail('withhold', 'media.lost')
  await t.rejects(bench.calls.startSecureSession(callId, { fields: [], startedBy: token }), {
    code: 'secure.sink-not-off',
  })
})

t.test('it cannot be recorded: that is told, and the call goes on; and so may a session begin', async (t) => {
  const bench = callBench({ recording })
  bench.media.fail('record', 'media.no-recording')
  const { callId } = await bench.bridged()
  await settle()
  t.match(
    bench.events.find(({ type }) => type === 'recording.failed'),
    { callId, fault: 'media.no-recording' },
  )
  t.match(bench.calls.get(callId), { state: 'bridged' })
  const started = bench.calls.startSecureSession(callId, { fields: [], startedBy: token })
  await settle()
  bench.clock.step(45)
  await started
  t.match(bench.calls.get(callId), { state: 'secure' })
})

t.test('what the disk does not take is told, and when it does again', async (t) => {
  const bench = callBench({ recording })
  const { callId, callerPort } = await bench.bridged()
  await settle()
  callerPort.tellRecording('failed')
  callerPort.tellRecording('resumed', 10_000)
  t.match(bench.events.slice(-2), [
    { type: 'recording.failed', callId, fault: 'recording.interrupted' },
    { type: 'recording.resumed', callId, lostMs: 10_000 },
  ])
})

t.test('after a transfer it goes on: the port of the caller is the same', async (t) => {
  const bench = callBench({ recording })
  const { agent } = await bench.bridged()
  agent.refer('second')
  await settle()
  sent(bench, 2).progress(180)
  await settle()
  sent(bench, 2).answer(phoneMedia(5100))
  await settle()
  t.same(
    bench.journal.filter((line) => /^port\d (un)?record/.test(line)),
    [`port1 record ${bench.calls.list()[0]?.callId}`],
  )
})

t.test(
  'another leg in the place of the caller: what there is is written, and it goes on in the same file',
  async (t) => {
    const { recordings, events, journal, ports, pairWith } = await bare()
    const [first, second] = ports
    recordings.joined('call-a', pairWith(first))
    await settle()
    recordings.joined('call-a', pairWith(second))
    recordings.joined('call-a', pairWith(second))
    await settle()
    t.same(journal, ['port1 record call-a', 'port1 unrecord', 'port2 record call-a'])
    t.equal(second?.recordedIn, first?.recordedIn)
    recordings.ended('call-a')
    await recordings.settled()
    t.match(events.at(-1), { type: 'recording.ended', octets: 8192, segments: 4 }, 'both parts count')
  },
)

for (const [says, goOn] of [
  ['its end is told', (port, _clock) => port.tellRecording('ended')],
  ['nobody waits for its end any more', (_port, clock) => clock.step(5000)],
] as [string, (port: FakePort, clock: ReturnType<typeof steppedClock>) => void][]) {
  t.test(`a port is closed and the disk takes its time: the file has no other writer until ${says}`, async (t) => {
    const { recordings, journal, clock, ports, pairWith } = await bare()
    const [first, second] = ports
    const [sink] = recordings.sinks
    if (first === undefined) throw new Error('no port')
    recordings.joined('call-a', pairWith(first))
    await settle()
    // Of a port that is gone the answer comes at once.
    first.unrecord = async () => void journal.push('port1 unrecord')
    recordings.joined('call-a', pairWith(second))
    await settle()
    t.equal(await sink?.turnOff('call-a'), 'off', 'a session may begin meanwhile')
    const read = sink?.readBack('call-a')
    await settle()
    clock.step(45)
    t.equal(await read, 'off')
    t.same(journal, ['port1 record call-a', 'port1 unrecord'])
    goOn(first, clock)
    await settle()
    t.same(journal.slice(2), ['port2 record call-a', 'port2 withhold true'], 'and nothing of it is recorded')
  })
}

t.test('a leg that goes to another call is recorded for that one', async (t) => {
  const { recordings, journal, ports, pairWith } = await bare()
  const [port] = ports
  recordings.joined('call-a', pairWith(port))
  await settle()
  recordings.joined('call-b', pairWith(port))
  await settle()
  recordings.ended('call-a')
  await settle()
  t.same(journal, ['port1 record call-a', 'port1 unrecord', 'port1 record call-b'], 'whose end ends nothing of it')
  t.equal(port?.recordedIn, '/recordings/call-b.p7m')
})

t.test('moved while a session runs: withheld on the new port before anything is taken', async (t) => {
  const { recordings, journal, ports, pairWith } = await bare()
  const [first, second] = ports
  recordings.joined('call-a', pairWith(first))
  await settle()
  await recordings.sinks[0]?.turnOff('call-a')
  recordings.joined('call-a', pairWith(second))
  await settle()
  t.same(journal.slice(-2), ['port2 record call-a', 'port2 withhold true'])
})

t.test('a recording of which the disk took nothing: how much was lost is told', async (t) => {
  const { recordings, events, ports, pairWith } = await bare()
  const [port] = ports
  recordings.joined('call-a', pairWith(port))
  await settle()
  if (port !== undefined) {
    port.unrecord = async () => {
      port.tellRecording('failed', 0, 0)
      port.tellRecording('ended', 61_000, 0)
    }
  }
  recordings.ended('call-a')
  await recordings.settled()
  t.match(events.slice(-2), [
    { type: 'recording.failed', fault: 'recording.interrupted' },
    { type: 'recording.ended', octets: 0, segments: 0, lostMs: 61_000 },
  ])
})

t.test('a call whose media process is gone says nothing more: that is told, and waited for no longer', async (t) => {
  const { recordings, events, clock, ports, pairWith } = await bare()
  const [port] = ports
  recordings.joined('call-a', pairWith(port))
  await settle()
  if (port !== undefined) port.unrecord = async () => undefined
  recordings.ended('call-a')
  let settled = false
  void recordings.settled().then(() => {
    settled = true
  })
  await settle()
  t.equal(settled, false)
  clock.step(5000)
  await settle()
  t.equal(settled, true)
  t.match(events.at(-1), { type: 'recording.failed', fault: 'media.lost' })
})

/** The recordings by themselves, and two ports. */
async function bare() {
  const journal: string[] = []
  const events: CallEvent[] = []
  const clock = steppedClock()
  const media = new FakeMedia(journal)
  const recordings = createRecordings({ terms: recording, clock, emit: (event) => events.push(event) })
  const place = media.place()
  const ports = [await place.open('IPv4', NOTHING), await place.open('IPv4', NOTHING)] as FakePort[]
  journal.length = 0
  const pairWith = (port: FakePort | undefined) => ({ leg: () => ({ port }) }) as unknown as Pair
  return { recordings, events, journal, clock, ports, pairWith }
}
