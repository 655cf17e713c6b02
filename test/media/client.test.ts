/** The door to media processes in earnest: one that dies, stalls, is signalled, cannot start; and ports that come back. */

import t from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { MediaPoolEvent } from '../../src/media/client.ts'
import type { UdpLosses } from '../../src/media/contract-process.ts'
import type { MediaPort } from '../../src/media/pool.ts'
import { holdUpAgainAndAgain } from '../peers/hold-up.ts'
import { bridge, ignore, makePool, streamTo } from '../peers/media-pool.ts'
import { steppedClock } from '../peers/stepped-clock.ts'
import { addon, implementations } from '../peers/udp-implementations.ts'

t.setTimeout(300_000)

t.test('a process that dies is told to its places, answered with a fault, and started again', async (t) => {
  const events: string[] = []
  const pool = makePool({ processes: 2, onEvent: ({ name }) => events.push(name) })
  await pool.start()
  t.teardown(() => pool.close())
  t.equal(pool.processIds.length, 2)
  const place = pool.place()
  const other = pool.place()
  let lost = 0
  let otherLost = 0
  place.onLost(() => lost++)
  other.onLost(() => otherLost++)
  const port = await place.open('IPv4', ignore)
  const otherPort = await other.open('IPv4', ignore)
  t.not(Math.abs(port.rtpPort - otherPort.rtpPort) < 40, 'each process has ports of its own')
  const [first] = pool.processIds
  process.kill(first as number, 'SIGKILL')
  await t.rejects(port.stats(), { code: 'media.lost' })
  t.equal(lost, 1)
  t.equal(otherLost, 0)
  await t.rejects(place.open('IPv4', ignore), { code: 'media.lost' })
  t.match(await otherPort.stats(), { packetsReceived: 0 })
  await until(() => pool.describe().every((line) => line.includes('runs')), 'a new process')
  t.ok(events.includes('media.lost'))
  const again = await pool.place().open('IPv4', ignore)
  t.ok(again.rtpPort % 2 === 0)
})

t.test('a process that stalls is ended within two seconds', async (t) => {
  const clock = steppedClock()
  const pool = makePool({ clock })
  await pool.start()
  t.teardown(() => pool.close())
  let lost = 0
  pool.place().onLost(() => lost++)
  const [pid] = pool.processIds
  process.kill(pid as number, 'SIGSTOP')
  clock.step(2000)
  await until(() => lost === 1, 'loss of the stalled process', 20_000)
  t.notOk(pool.processIds.includes(pid as number))
})

t.test('signals that mean something to control end no media process', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const [pid] = pool.processIds
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.kill(pid as number, signal)
  await pause(300)
  t.same(pool.processIds, [pid])
  t.ok(await pool.place().open('IPv4', ignore))
})

t.test('a process is replaced while it runs: its calls end on it, new ones go to the fresh one', async (t) => {
  const events: string[] = []
  const pool = makePool({ onEvent: ({ name, pid }) => name !== 'media.losses' && events.push(`${name} ${pid}`) })
  await pool.start()
  t.teardown(() => pool.close())
  const [old = 0] = pool.processIds
  const [caller, agent] = [await openRtpPhone({ humHz: 1850 }), await openRtpPhone({ humHz: 2150 })]
  t.teardown(() => Promise.all([caller.close(), agent.close()]))
  const { place, callerPort } = await bridge(pool, caller, agent)
  const heard = () => agent.heard.length
  await until(() => heard() > 20, 'sound')
  const fresh = await pool.replace(old)
  t.match(fresh, { calls: 1 })
  t.not(fresh.pid, old)
  await t.rejects(pool.replace(old), { code: 'media.unknown-process' })
  t.strictSame(
    pool.processes().map(({ pid, state, calls }) => ({ pid, state, calls })),
    [
      { pid: fresh.pid, state: 'runs', calls: 0 },
      { pid: old, state: 'leaves', calls: 1 },
    ],
  )
  const other = pool.place()
  t.equal(other.processId, fresh.pid)
  const port = await other.open('IPv4', ignore)
  t.not(port.rtpPort, callerPort.rtpPort, 'ports that the old one still has are not taken')
  const before = heard()
  await until(() => heard() > before + 50, 'sound through the old process')
  t.ok((await callerPort.stats()).packetsSent > 0)
  await callerPort.renew()
  await place.open('IPv4', ignore)
  place.close()
  await until(() => !pool.processIds.includes(old), 'the end of the old process')
  t.strictSame(events.slice(-2), [`media.leaving ${old}`, `media.left ${old}`])
  t.strictSame(pool.processIds, [fresh.pid])
  t.ok(await other.open('IPv4', ignore))
})

t.test('a replacement that dies before it is ready leaves everything as it was', async (t) => {
  const pool = makePool({ onEvent: ({ name, pid }) => name === 'media.started' && started.push(pid) })
  const started: number[] = []
  await pool.start()
  t.teardown(() => pool.close())
  const [old = 0] = pool.processIds
  const replaced = pool.replace(old)
  const failed = t.rejects(replaced, { code: 'media.cannot-start' })
  await t.rejects(pool.replace(old), { code: 'media.being-replaced' })
  process.kill(started[1] as number, 'SIGKILL')
  await failed
  t.equal(pool.place().processId, old)
  t.strictSame(pool.processIds, [old])
})

t.test('one that dies while its replacement starts is followed by that', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const [old = 0] = pool.processIds
  const replaced = pool.replace(old)
  process.kill(old, 'SIGKILL')
  const fresh = await replaced
  t.match(fresh, { calls: 0 })
  t.equal(pool.place().processId, fresh.pid)
  t.strictSame(pool.processIds, [fresh.pid])
})

t.test('a process that grows too large is replaced, once it has run for a while', async (t) => {
  const events: string[] = []
  let aheadMs = 0
  const clock = clockFrom({ now: () => performance.now() + aheadMs, setTimeout, clearTimeout })
  const pool = makePool({
    memoryMegabytes: 1,
    clock,
    onEvent: ({ name }) => name !== 'media.losses' && events.push(name),
  })
  await pool.start()
  t.teardown(() => pool.close())
  const [old = 0] = pool.processIds
  aheadMs = 60_000
  await until(() => events.includes('media.left'), 'the end of the one that is too large', 60_000)
  t.notOk(pool.processIds.includes(old))
  t.strictSame(events, [
    ...[
      'media.started',
      'media.ready',
      'media.too-large',
      'media.started',
      'media.ready',
      'media.leaving',
      'media.left',
    ],
  ])
})

t.test(
  'a process that comes late to its beats takes no more calls, keeps those it has, and is not taken for dead',
  async (t) => {
    const pool = makePool({ processes: 2, lateMs: 200 })
    await pool.start()
    t.teardown(() => pool.close())
    const place = pool.place()
    const pid = place.processId
    const port = await place.open('IPv4', ignore)
    const stop = holdUpAgainAndAgain(pid)
    t.teardown(stop)
    const stateOf = (of: number) => pool.processes().find((each) => each.pid === of)?.state
    await until(() => stateOf(pid) === 'late', 'notice of its lateness', 30_000)
    t.equal(pool.refusal(), undefined, 'the other one takes calls')
    const others = Array.from({ length: 3 }, () => pool.place())
    for (const other of others) t.not(other.processId, pid)
    t.equal((await port.stats()).portId, port.portId, 'its call goes on')
    await place.open('IPv4', ignore)
    stop()
    await until(() => stateOf(pid) === 'runs', 'recovery', 60_000)
    // The other one has a few calls more, and with each its share grows; how much those cost just now is the machine's business.
    await until(() => pool.place().processId === pid, 'a call for it')
  },
)

t.test('a pool without music does not start', async (t) => {
  const pool = makePool({ holdMusicFile: 'none.wav' })
  await t.rejects(pool.start(), { code: 'media.cannot-start', cause: { code: 'media.no-music' } })
  t.throws(() => pool.place(), { code: 'media.lost' })
  await pool.close()
})

t.test('a stream in a codec that no sound of ours is coded in is refused', async (t) => {
  const pool = makePool({ codecs: ['PCMA'] })
  await pool.start()
  t.teardown(() => pool.close())
  const phone = await openRtpPhone()
  t.teardown(() => phone.close())
  const port = await pool.place().open('IPv4', ignore)
  await t.rejects(port.stream(streamTo(phone, { codec: 'G722' })), { code: 'media.bad-command' })
  await port.stream(streamTo(phone))
})

t.test('a port is opened with the sockets of one that was closed', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  const first = await place.open('IPv4', ignore)
  first.close()
  await first.stats()
  const opened: MediaPort[] = []
  // The pair rests, and is told; other ports have other pairs meanwhile.
  while (opened.at(-1)?.rtpPort !== first.rtpPort && opened.length < 40) {
    await pause(200)
    opened.push(await place.open('IPv4', ignore))
  }
  const again = opened.at(-1)
  t.equal(again?.rtpPort, first.rtpPort)
  t.not(again?.portId, first.portId)
  t.match(await again?.stats(), { portId: again?.portId, packetsReceived: 0 })
  for (const port of opened) port.close()
  const mayTake = () => pool.processes()[0]?.load?.freePairs ?? 0
  await until(() => mayTake() === 50, 'every pair free', 30_000)
})

t.test('ports that were closed free their pair; a pool that is closed ends its processes', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  const ports = []
  for (let i = 0; i < 50; i++) ports.push(await place.open('IPv4', ignore))
  await t.rejects(place.open('IPv4', ignore), { code: 'media.no-port' })
  t.equal(pool.refusal(), 'media.no-port')
  t.throws(() => pool.place(), { code: 'media.no-port' })
  for (const port of ports) port.close()
  place.close()
  place.close()
  await until(() => pool.refusal() === undefined, 'ports that may be used again')
  t.ok(await pool.place().open('IPv4', ignore))
  await pool.close()
  await pool.close()
  t.same(pool.processIds, [])
})

t.test(
  'a process says what it receives and sends packets with; one that was asked for the addon and has none does not start',
  async (t) => {
    const ready: MediaPoolEvent[] = []
    const pool = makePool({ packetIo: 'dgram', onEvent: (event) => event.name === 'media.ready' && ready.push(event) })
    await pool.start()
    t.teardown(() => pool.close())
    t.match(ready, [{ packetIo: { udp: 'dgram', because: 'asked' } }])
    t.match(pool.describe(), [/ runs over node:dgram \(addon asked not to be used\), ports/])
    const strict = makePool({
      packetIo: 'addon',
      onEvent: (event) => event.name === 'media.ready' && ready.push(event),
    })
    t.teardown(() => strict.close())
    if (addon === undefined) {
      await t.rejects(strict.start(), { code: 'media.cannot-start', cause: { code: 'media.no-addon' } })
      return
    }
    await strict.start()
    t.match(ready[1], { packetIo: { udp: 'addon' } })
    t.match(strict.describe(), [/ runs with the UDP addon, ports/])
  },
)

for (const { name } of implementations) {
  t.test(`${name}: packets that cannot be sent are told`, async (t) => {
    const losses: UdpLosses[] = []
    const pool = makePool({
      packetIo: name,
      onEvent: (event) => event.name === 'media.losses' && losses.push(event.losses),
    })
    await pool.start()
    t.teardown(() => pool.close())
    const place = pool.place()
    const port = await place.open('IPv4', ignore)
    const phone = await openRtpPhone()
    t.teardown(() => phone.close())
    // Broadcast, which the system forbids.
    await port.stream({ ...streamTo(phone), remote: { address: '127.255.255.255', rtpPort: 9, rtcpPort: 9 } })
    await place.assign([{ portId: port.portId, source: { kind: 'hold-music' } }])
    await until(() => losses.length > 1, 'counts, twice', 30_000)
    const [first, second] = losses
    t.ok((first?.forbidden ?? 0) > 0)
    t.ok((second?.forbidden ?? 0) > (first?.forbidden ?? 0))
    t.equal(second?.unsendable, 0)
  })
}
