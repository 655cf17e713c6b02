/**
 * What is recorded of a call: what is heard, of whom it is heard, and nothing else. In stepped time; the seal of this room leaves segments as they are,
 * so that they can be read here.
 */

import t from 'tap'
import type { SegmentEntry, Track } from '../../src/record/segment.ts'
import { anybody, RECORDED_FILE, recordedRoom } from '../peers/recorded-room.ts'
import { legs } from '../peers/srtp-legs.ts'

const sounds = (entries: readonly SegmentEntry[], track: Track) =>
  entries.flatMap((entry) => (entry.kind === 'sound' && entry.track === track ? [entry] : []))
const marks = (entries: readonly SegmentEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'mark' ? [entry.mark] : []))

t.test('both tracks, as they were relayed', async (t) => {
  const { stepped, caller, agent, record, end, entries } = await recordedRoom()
  await record()
  caller.talking = true
  agent.talking = true
  stepped.step(1000)
  await end()
  t.equal(sounds(entries(), 'caller').length, agent.heard().length)
  t.equal(sounds(entries(), 'agent').length, caller.heard().length)
  t.ok(sounds(entries(), 'caller').length >= 49)
  for (const [track, heard] of [['caller', agent.heard()] as const, ['agent', caller.heard()] as const]) {
    const own = sounds(entries(), track)
    t.same(
      own.map(({ payload }) => Buffer.from(payload).toString('hex')),
      heard.map(({ octets }) => Buffer.from(octets.subarray(12)).toString('hex')),
      `${track}: the same octets`,
    )
    t.same(own.map(({ fresh }) => fresh).filter(Boolean), [true], 'one source, from the first packet')
    t.ok(own[0]?.fresh)
    t.same(
      own.slice(1).map(({ timestamp }, i) => (timestamp - (own[i]?.timestamp ?? 0)) | 0),
      own.slice(1).map(() => 160),
      'by its own clock',
    )
    t.ok(own.every(({ atMs }, i) => Math.abs(atMs - (own[0]?.atMs ?? 0) - i * 20) <= 5))
    t.ok(own.every(({ codec }) => codec === 'PCMA'))
  }
  t.same(marks(entries()), ['end'])
})

t.test('nothing is recorded of a caller whom nobody hears, nor of what the caller does not hear', async (t) => {
  const ways = {
    'the caller waits with music': [{ portId: 'agent', source: { kind: 'silence' } }],
    'the caller is parted, as for a secure session': [
      { portId: 'agent', source: { kind: 'hold-music' } },
      { portId: 'caller', source: { kind: 'silence' } },
    ],
    'both hear nothing': [
      { portId: 'agent', source: { kind: 'nothing' } },
      { portId: 'caller', source: { kind: 'nothing' } },
    ],
  } as const
  for (const [name, assignments] of Object.entries(ways)) {
    const { stepped, caller, agent, record, end, entries, joined } = await recordedRoom()
    await record()
    caller.talking = true
    agent.talking = true
    stepped.step(200)
    await stepped.assign(...assignments)
    const before = stepped.port('caller').recorder?.packets
    const hadAgent = assignments.length === 1
    stepped.step(500)
    const after = stepped.port('caller').recorder?.packets
    t.equal((after ?? 0) - (before ?? 0), hadAgent ? 25 : 0, name)
    await joined()
    stepped.step(200)
    await end()
    const own = sounds(entries(), 'caller')
    const freshAt = own.flatMap(({ fresh }, i) => (fresh ? [i] : []))
    t.equal(freshAt.length, 2, `${name}: the gap is told`)
    t.ok((own[freshAt[1] ?? 0]?.atMs ?? 0) - (own[(freshAt[1] ?? 0) - 1]?.atMs ?? 0) >= 480)
    t.equal(sounds(entries(), 'agent').filter(({ fresh }) => fresh).length, hadAgent ? 1 : 2)
  }
})

t.test('a recording that begins before anybody hears the caller has no sound until somebody does', async (t) => {
  const { stepped, caller, agent, record, end, entries, joined } = await recordedRoom({ joined: false })
  await stepped.assign({ portId: 'caller', source: { kind: 'ringback' } })
  await record()
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  t.equal(stepped.port('caller').recorder?.packets, 0)
  await joined()
  stepped.step(200)
  await end()
  t.ok(sounds(entries(), 'caller').length >= 9)
  t.ok(entries().every(({ atMs }) => atMs >= 500))
})

t.test('telephone-events, comfort noise and what is muted are not recorded', async (t) => {
  const { stepped, caller, agent, record, end, entries } = await recordedRoom()
  await record()
  caller.talking = true
  stepped.step(100)
  caller.talking = false
  const before = stepped.port('caller').recorder?.packets
  for (let i = 1; i <= 5; i++) {
    caller.event(5, caller.timestamp, i * 160, i === 5)
    agent.event(9, agent.timestamp, i * 160, i === 5)
    stepped.step(20)
  }
  const noise = Uint8Array.of(0x80, 13, caller.sequence >> 8, caller.sequence, 0, 0, 0, 0, 0, 0, 0, 0, 60)
  new DataView(noise.buffer).setUint32(8, caller.ssrc)
  caller.raw(noise)
  caller.sequence++
  stepped.step(20)
  t.ok(stepped.port('caller').packetsReceived >= 11, 'all came')
  t.ok(
    agent.heard().some(({ octets }) => ((octets[1] ?? 0) & 0x7f) === 101),
    'and keys went on to the agent',
  )
  t.equal(stepped.port('caller').recorder?.packets, before)
  await end()
  t.ok(sounds(entries(), 'caller').every(({ payload }) => payload.length === 160))
  t.same(sounds(entries(), 'agent'), [])
})

t.test(
  'while it is withheld nothing is taken, even of who is heard; the numbers stand still, and marks say so',
  async (t) => {
    const { stepped, caller, agent, record, end, entries } = await recordedRoom()
    await record()
    caller.talking = true
    agent.talking = true
    stepped.step(500)
    t.equal((await stepped.ask({ do: 'withhold', portId: 'caller', on: true })).type, 'done')
    t.equal((await stepped.ask({ do: 'withhold', portId: 'caller', on: true })).type, 'done', 'again is the same')
    const read = async () => {
      const answer = await stepped.ask({ do: 'stats', portId: 'caller' })
      return answer.type === 'stats' ? answer.stats.recorded : undefined
    }
    const before = await read()
    t.ok(before?.withheld)
    t.ok((before?.packets ?? 0) >= 48)
    const heardBefore = agent.heard().length
    stepped.step(7000)
    t.ok(agent.heard().length > heardBefore + 300, 'they talk on')
    t.same(await read(), before)
    await stepped.ask({ do: 'withhold', portId: 'caller', on: false })
    stepped.step(500)
    const after = await read()
    t.notOk(after?.withheld)
    t.ok((after?.packets ?? 0) > (before?.packets ?? 0) + 40)
    await end()
    t.same(marks(entries()), ['withheld', 'resumed', 'end'])
    const [withheld, resumed] = entries().filter(({ kind }) => kind === 'mark')
    const within = entries().filter(
      ({ kind, atMs }) => kind === 'sound' && atMs > (withheld?.atMs ?? 0) && atMs <= (resumed?.atMs ?? 0),
    )
    t.same(within, [])
    t.equal(sounds(entries(), 'caller').filter(({ fresh }) => fresh).length, 2)
  },
)

t.test('a chime on one side, a far end that may not be sent to: what is not heard is not recorded', async (t) => {
  const { stepped, caller, agent, record, end, entries } = await recordedRoom()
  await record()
  caller.talking = true
  agent.talking = true
  stepped.step(200)
  const recorder = stepped.port('caller').recorder
  const before = recorder?.packets ?? 0
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ send: false }) })
  stepped.step(200)
  t.equal((recorder?.packets ?? 0) - before, 10, 'the agent is on hold: the track of the agent alone')
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms({ receive: false }) })
  const held = recorder?.packets ?? 0
  stepped.step(200)
  t.equal((recorder?.packets ?? 0) - held, 10, 'and of an agent who is not listened to, that of the caller')
  await stepped.ask({ do: 'stream', portId: 'agent', stream: agent.terms() })
  await stepped.assign({ portId: 'agent', source: { kind: 'port', portId: 'caller' }, chime: true })
  const chimed = recorder?.packets ?? 0
  stepped.step(100)
  t.equal((recorder?.packets ?? 0) - chimed, 5, 'a chime plays: the track of the agent alone')
  stepped.step(2000)
  t.ok((recorder?.packets ?? 0) - chimed > 120, 'then both')
  await end()
  t.equal(sounds(entries(), 'caller').filter(({ fresh }) => fresh).length, 3)
})

t.test('a transfer: the track goes on with the sound of the new source, in its codec', async (t) => {
  const { stepped, caller, agent, record, end, entries } = await recordedRoom()
  const second = await stepped.phone('second', { codec: 'G722' })
  await record()
  for (const phone of [caller, agent, second]) phone.talking = true
  stepped.step(500)
  await stepped.assign(
    { portId: 'caller', source: { kind: 'port', portId: 'second' } },
    { portId: 'second', source: { kind: 'port', portId: 'caller' } },
    { portId: 'agent', source: { kind: 'nothing' } },
  )
  stepped.step(500)
  await stepped.ask({ do: 'close', portId: 'agent' })
  stepped.step(500)
  await end()
  const agents = sounds(entries(), 'agent')
  t.same([...new Set(agents.map(({ codec }) => codec))], ['PCMA', 'G722'])
  t.same(
    agents.flatMap(({ fresh, codec }) => (fresh ? [codec] : [])),
    ['PCMA', 'G722'],
  )
  t.ok(agents.filter(({ codec }) => codec === 'G722').length >= 49)
  t.ok(sounds(entries(), 'caller').length >= 74, 'the caller is recorded throughout')
  t.ok(sounds(entries(), 'caller').every(({ codec }) => codec === 'PCMA'))
})

t.test('a re-INVITE with the same terms goes on; another codec is told with its first packet', async (t) => {
  const { stepped, caller, record, end, entries } = await recordedRoom()
  await record()
  caller.talking = true
  stepped.step(200)
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms() })
  stepped.step(200)
  t.equal(stepped.port('caller').outgoing.length, 2)
  const stream = caller.terms({ codec: 'PCMU', receivePayloadType: 0, sendPayloadType: 0 })
  await stepped.ask({ do: 'stream', portId: 'caller', stream })
  stepped.step(100)
  t.equal(sounds(entries(), 'caller').length, 0, 'nothing is sealed yet')
  const unusable = stepped.port('caller').unusable
  t.ok(unusable >= 4, 'A-law is agreed no more')
  const packet = new Uint8Array(172).fill(0xff)
  packet.set([0x80, 0, caller.sequence >> 8, caller.sequence & 0xff])
  new DataView(packet.buffer).setUint32(4, caller.timestamp)
  new DataView(packet.buffer).setUint32(8, caller.ssrc)
  caller.raw(packet)
  stepped.step(20)
  await end()
  const own = sounds(entries(), 'caller')
  t.same(
    own.flatMap(({ fresh, codec }, i) => (fresh ? [[i, codec]] : [])),
    [
      [0, 'PCMA'],
      [own.length - 1, 'PCMU'],
    ],
  )
})

t.test('the socket goes to a vault and comes back: nothing meanwhile, and on when they are joined', async (t) => {
  const { stepped, caller, agent, record, end, entries, joined } = await recordedRoom()
  await record()
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  await stepped.assign({ portId: 'agent', source: { kind: 'hold-music' } })
  await stepped.ask({ do: 'withhold', portId: 'caller', on: true })
  const released = await stepped.ask({ do: 'release', portId: 'caller' })
  if (released.type !== 'released') throw new Error('not released')
  const handle = stepped.handle()
  const before = stepped.port('caller').recorder?.packets
  stepped.step(3000)
  await stepped.ask({ do: 'adopt', portId: 'caller', ticket: released.ticket }, handle)
  stepped.step(500)
  t.equal(stepped.port('caller').recorder?.packets, before, 'nothing')
  await joined()
  stepped.step(500)
  t.equal(stepped.port('caller').recorder?.packets, before, 'not as long as it is withheld')
  await stepped.ask({ do: 'withhold', portId: 'caller', on: false })
  stepped.step(1000)
  await end()
  t.same(marks(entries()), ['withheld', 'resumed', 'end'])
  for (const track of ['caller', 'agent'] as const)
    t.equal(sounds(entries(), track).filter(({ fresh }) => fresh).length, 2, track)
})

t.test('a caller in SRTP is recorded in the clear that the agent gets, and sealed like any other', async (t) => {
  const { stepped, caller, agent } = await legs()
  await stepped.ask({ do: 'seal-to', recipients: anybody })
  await stepped.ask({ do: 'record', portId: 'caller', recording: 'call-1', file: RECORDED_FILE })
  caller.talking = true
  agent.talking = true
  stepped.step(1000)
  await stepped.ask({ do: 'unrecord', portId: 'caller' })
  const entries = stepped.disk.segments(RECORDED_FILE).flatMap((segment) => segment.entries)
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
  t.ok(agent.level(620, 200) > -20, 'a hum')
  t.same(
    sounds(entries, 'caller').map(({ payload }) => hex(payload)),
    agent.heard().map(({ octets }) => hex(octets.subarray(12))),
  )
  t.ok(sounds(entries, 'agent').length >= 49)
  t.ok(
    sounds(entries, 'agent').every(({ payload }) => payload.length === 160),
    'without a tag',
  )
})
