/** The door to media processes in earnest: one that dies, stalls, is signalled, cannot start; and ports that come back. */

import t from 'tap'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { MediaPoolEvent } from '../../src/media/client.ts'
import type { UdpLosses } from '../../src/media/contract.ts'
import { ignore, makePool, streamTo } from '../peers/media-pool.ts'
import { addon, implementations } from '../peers/udp-implementations.ts'

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
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  let lostMs = 0
  const [pid] = pool.processIds
  const startMs = performance.now()
  place.onLost(() => {
    lostMs = performance.now() - startMs
  })
  process.kill(pid as number, 'SIGSTOP')
  await until(() => lostMs > 0, 'loss of the stalled process')
  t.ok(lostMs < 2000, `${lostMs.toFixed(0)} ms`)
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

t.test('a pool without music does not start', async (t) => {
  const pool = makePool({ holdMusicFile: 'none.wav' })
  await t.rejects(pool.start(), { code: 'media.cannot-start', cause: { code: 'media.no-music' } })
  t.throws(() => pool.place(), { code: 'media.lost' })
  await pool.close()
})

t.test('ports that were closed free their pair; a pool that is closed ends its processes', async (t) => {
  const pool = makePool()
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  const ports = []
  for (let i = 0; i < 50; i++) ports.push(await place.open('IPv4', ignore))
  await t.rejects(place.open('IPv4', ignore), { code: 'media.no-port' })
  for (const port of ports) port.close()
  place.close()
  place.close()
  await pause(2100)
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
