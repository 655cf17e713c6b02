/** The door to media processes in earnest: one that dies, stalls, is signalled, cannot start; and ports that come back. */

import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { ignore, makePool } from '../peers/media-pool.ts'

t.test('a process that dies is told to its places, answered with a fault, and started again', async (t) => {
  const events: string[] = []
  const pool = makePool({ processes: 2, onEvent: (name) => events.push(name) })
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
