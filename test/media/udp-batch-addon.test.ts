/** What the addon promises beyond the seam: no garbage, fair turns, every error of the system, and arguments that are checked. */

import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { UdpAddon } from '../../src/base/udp-addon.ts'
import { until } from '../../src/demo/waiting.ts'
import { claimSlot, createSendBatch, SEND_SLOTS, SLOT_SIZE } from '../../src/media/udp-batch.ts'
import { chooseUdp, loadUdpAddon } from '../../src/media/udp-choice.ts'
import {
  addon,
  drainOnce,
  drainUntil,
  farEnd,
  implementationOf,
  opened,
  sendFrom,
} from '../peers/udp-implementations.ts'
import type { Answer } from '../peers/udp-process.ts'

const CHILD = fileURLToPath(new URL('../peers/udp-process.ts', import.meta.url))
const SHIM = fileURLToPath(new URL('../peers/failing-send.c', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sotto-udp-'))
t.teardown(() => rmSync(folder, { recursive: true }))

t.test('without the addon, dgram is used, and why is told', async (t) => {
  t.equal(loadUdpAddon(undefined, 'darwin'), 'not-linux')
  t.equal(loadUdpAddon(pathToFileURL(join(folder, 'none.node'))), 'not-built')
  const broken = join(folder, 'broken.node')
  writeFileSync(broken, 'no library')
  t.equal(loadUdpAddon(pathToFileURL(broken)), 'not-usable')
  const asked = chooseUdp(['node', 'media.ts', '--udp=dgram'], () => undefined)
  t.equal(asked.udp.kind, 'dgram')
  t.same(asked.packetIo, { udp: 'dgram', because: 'asked' })
  const auto = chooseUdp([], () => undefined)
  t.equal(auto.udp.kind, addon === undefined ? 'dgram' : 'addon')
  t.equal(auto.packetIo.udp, auto.udp.kind)
})

if (addon !== undefined) {
  whatItPromises(addon)
}

function whatItPromises(addon: UdpAddon): void {
  t.test('a million packets from sources that take turns: no growth, no garbage per packet', async (t) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const udp = implementationOf('addon').make()
    const to = await opened(t, udp)
    const senders: number[] = []
    for (let i = 0; i < 6; i++) {
      const family = 'IPv4'
      const open = await udp.open(family, `127.0.${i % 3}.1`, 0)
      if (typeof open === 'string') throw new Error(open)
      t.teardown(() => udp.close(open.socket))
      senders.push(open.socket)
    }
    const batch = createSendBatch()
    const inBatch = 240
    let received = 0
    let sent = 0
    const run = (packets: number) => {
      for (let i = 0; i < packets; i += inBatch) {
        for (let k = 0; k < inBatch; k++) {
          const slot = claimSlot(batch)
          batch.sockets[slot] = senders[k % senders.length] as number
          batch.lengths[slot] = k % 7 === 0 ? 60 : 172
          batch.addresses[slot] = '127.0.0.1'
          batch.ports[slot] = to.port
        }
        udp.send(batch)
        sent += inBatch
        received += udp.drain().count
      }
    }
    run(200_000)
    collect()
    const heldBefore = process.memoryUsage().heapUsed
    // The smallest object of V8 has 16 octets, and what a packet makes is in every part of the run. What the compiler
    // makes falls where it has its turn; a reading gives up the rest of its page, up to 256 KiB: 2.6 octets a packet.
    const partSize = 99_840
    const made: number[] = []
    for (let part = 0; part < 10; part++) {
      const before = allocated()
      run(partSize)
      made.push((allocated() - before) / partSize)
    }
    collect()
    const grown = process.memoryUsage().heapUsed - heldBefore
    // Under load the kernel hands on later what it was given.
    await until(
      () => {
        received += udp.drain().count
        return received >= sent
      },
      'all of them',
      20_000,
    )
    t.equal(received, sent, 'each once')
    t.ok(
      Math.min(...made) < 8,
      `octets made per packet, in each part: ${made.map((each) => each.toFixed(2)).join(' ')}`,
    )
    t.ok(grown < 512 * 1024, `${grown} octets remain`)
  })

  t.test('a flood of one socket takes nobody else’s turn', async (t) => {
    const udp = implementationOf('addon').make(256)
    const flooded = await opened(t, udp)
    const others = []
    for (let i = 0; i < 20; i++) others.push(await opened(t, udp))
    const far = await farEnd(t)
    for (let i = 0; i < 1000; i++) await sendFrom(far, new Uint8Array(20), flooded.port)
    for (const { port } of others) for (let i = 0; i < 2; i++) await sendFrom(far, new Uint8Array([i]), port)
    const first = drainOnce(udp)
    t.equal(first.length, 256)
    for (const { socket } of others) t.equal(first.filter((each) => each.socket === socket).length, 2)
    await drainUntil(udp, 1000 + 40 - 256, 'the rest')
  })

  t.test('each error of the system is counted, and stops no packet behind it', async (t) => {
    const shim = join(folder, 'failing-send.so')
    const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, SHIM, '-ldl'], { encoding: 'utf8' })
    t.equal(built.status, 0, built.stderr)
    const child = fork(CHILD, ['addon'], { execArgv: [], env: { ...process.env, LD_PRELOAD: shim } })
    t.teardown(() => child.kill('SIGKILL'))
    await once(child, 'message')
    const ask = async (order: unknown): Promise<Answer> => {
      const answered = once(child, 'message')
      child.send(order as never)
      const [answer] = (await answered) as [Answer]
      return answer
    }
    await ask({ do: 'open' })
    const far = await farEnd(t)
    const heard: number[] = []
    far.on('message', (packet) => heard.push(packet[0] ?? -1))
    const { errno } = constants
    const errors = {
      full: [errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM],
      forbidden: [errno.EPERM, errno.EACCES],
      refused: [errno.ECONNREFUSED],
      unreachable: [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN],
      unsendable: [errno.EMSGSIZE, errno.EINVAL],
    }
    const bad = Object.values(errors).flat()
    const packets: number[][] = []
    // Bad ones at the front, in rows, at the end, and alone; more than fit one call.
    for (const error of bad) packets.push([0xe0, error])
    for (let i = 0; i < 40; i++) packets.push([i])
    for (const error of bad) packets.push([50], [0xe0, error])
    const { losses } = await ask({ do: 'send', port: far.address().port, packets })
    const alone = await ask({ do: 'send', port: far.address().port, packets: [[0xe0, errno.EPERM]] })
    await until(() => heard.length === 40 + bad.length, 'all the good ones')
    t.same(heard, [...Array.from({ length: 40 }, (_, i) => i), ...bad.map(() => 50)])
    const expected = Object.fromEntries(Object.entries(errors).map(([name, each]) => [name, each.length * 2]))
    t.same(losses, { overflowed: 0, tooLong: 0, ...expected })
    t.equal(alone.losses['forbidden'], 5)
    // What an earlier packet met is told in the way of a later one: that one is tried again.
    heard.length = 0
    const again = await ask({ do: 'send', port: far.address().port, packets: [[0xe1, errno.ECONNREFUSED], [1], [2]] })
    await until(() => heard.length === 3, 'all three')
    t.same(heard, [0xe1, 1, 2])
    t.equal(again.losses['refused'], 3)
  })

  t.test('an argument that does not fit is refused', async (t) => {
    const slots = 4
    const arrays = () =>
      [
        new Uint8Array(SLOT_SIZE * (slots + 1)),
        new Int32Array(slots),
        new Int32Array(slots),
        new Int32Array(slots),
        new Int32Array(slots),
        new Uint8Array(16),
        new Uint32Array(6),
        SLOT_SIZE,
      ] as const
    type Loose = (...args: unknown[]) => unknown
    const create = addon.create as unknown as Loose
    const native = addon.create(...arrays())
    for (const [i, wrong] of [
      [0, new Uint8Array(SLOT_SIZE * slots)],
      [0, new Int8Array(SLOT_SIZE * (slots + 1))],
      [1, new Int32Array(0)],
      [2, new Int32Array(3)],
      [3, new Float64Array(4)],
      [4, new Int32Array(5)],
      [5, new Uint8Array(3)],
      [6, new Uint32Array(5)],
      [7, 0],
      [7, 65_537],
      [7, 'long'],
    ] as const) {
      t.throws(() => create(...arrays().with(i, wrong as never)), TypeError, `create ${i}`)
    }
    t.throws(() => create(), TypeError)
    const loose = addon as unknown as Record<keyof UdpAddon, Loose>
    const ring = createSendBatch()
    const { block, sockets, lengths } = ring
    const calls: readonly (readonly [keyof UdpAddon, ...unknown[]])[] = [
      ['drain'],
      ['drain', {}],
      ['drain', block],
      ['attach', native, 0, -1],
      ['attach', native, 65_536, 0],
      ['attach', native, 0, '1'],
      ['detach', native],
      ['source', native, slots],
      ['source', native, -1],
      ['aim', native, 0, '127.0.0.1', 1],
      ['send', native, block, sockets, lengths, SEND_SLOTS, 1],
      ['send', native, block, sockets, lengths, 0, SEND_SLOTS + 1],
      ['send', native, block.subarray(1), sockets, lengths, 0, 1],
      ['send', native, block, sockets, lengths.subarray(1), 0, 1],
      ['send', native, block, new Float64Array(SEND_SLOTS), lengths, 0, 1],
      ['send', {}, block, sockets, lengths, 0, 1],
    ]
    for (const [name, ...args] of calls) t.throws(() => loose[name](...args), TypeError, name)
    t.throws(() => addon.attach(native, 0, 100_000), { code: 'EBADF' })
    t.doesNotThrow(() => addon.detach(native, 7))
    t.equal(addon.drain(native), 0)
  })
}

/** Octets allocated so far, collected or not. */
function allocated(): number {
  const statistics: { readonly total_allocated_bytes?: number } = getHeapStatistics()
  return statistics.total_allocated_bytes ?? Number.NaN
}
