/** The seam `UdpBatch` among processes and threads: a socket that moves, several at once, and one that may open no more. */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { asSendable, isUdpHandle, type UdpHandle } from '../../src/base/udp-handle.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { UdpBatch } from '../../src/media/udp-batch.ts'
import {
  drainOnce,
  farEnd,
  type Implementation,
  implementations,
  opened,
  type Torn,
} from '../peers/udp-implementations.ts'
import type { Answer, Order } from '../peers/udp-process.ts'

const CHILD = fileURLToPath(new URL('../peers/udp-process.ts', import.meta.url))
const WORKER = new URL('../peers/udp-worker.ts', import.meta.url)

type Child = {
  /** @param gone called once the handle has gone; this process closes its copy then. */
  ask(order: Order, handle?: UdpHandle, gone?: () => void): Promise<Answer & { readonly handle: UdpHandle | undefined }>
}

async function childWith(t: Torn, { name }: Implementation): Promise<Child> {
  const child = fork(CHILD, [name], { execArgv: [] })
  return talkTo(t, child)
}

async function talkTo(t: Torn, child: ChildProcess): Promise<Child> {
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return {
    async ask(order, handle, gone) {
      const answered = once(child, 'message')
      child.send(order, handle === undefined ? undefined : asSendable(handle), undefined, gone)
      const [answer, back] = (await answered) as [Answer, unknown]
      return { ...answer, handle: isUdpHandle(back) ? back : undefined }
    },
  }
}

/** Counts up, a packet every half millisecond or so, until told. */
async function counting(t: Torn, port: number) {
  const far = await farEnd(t)
  let sent = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 2; i++) {
      const packet = new Uint8Array(172)
      new DataView(packet.buffer).setUint32(0, sent++)
      far.send(packet, port, '127.0.0.1')
    }
  }, 1)
  t.teardown(() => clearInterval(timer))
  return {
    async stop(): Promise<number> {
      clearInterval(timer)
      await pause(20)
      return sent
    },
  }
}

function marksIn(udp: UdpBatch): number[] {
  return drainOnce(udp).map(({ octets }) => new DataView(octets.buffer).getUint32(0))
}

for (const here of implementations) {
  for (const there of implementations) {
    t.test(
      `a socket moves from ${here.name} to ${there.name} in another process and back, and nothing is lost`,
      async (t) => {
        const udp = here.make()
        const child = await childWith(t, there)
        const first = await opened(t, udp)
        let { socket } = first
        const count = await counting(t, first.port)
        const seen: number[] = []
        const beat = setInterval(() => seen.push(...marksIn(udp)), 1)
        t.teardown(() => clearInterval(beat))
        let inChild = 0
        for (let i = 0; i < 5; i++) {
          const before = seen.length
          await until(() => seen.length > before + 5, 'packets here')
          const given = socket
          const handle = udp.handOver(given)
          seen.push(...marksIn(udp))
          // Nobody reads for a while: the kernel keeps what comes.
          await pause(15)
          await child.ask({ do: 'adopt' }, handle, () => udp.close(given))
          let received = 0
          while (received < inChild + 5) {
            received = (await child.ask({ do: 'report' })).marks.length
          }
          const back = await child.ask({ do: 'give-back' })
          inChild = back.marks.length
          if (back.handle === undefined) throw new Error('no handle came back')
          await pause(15)
          socket = await udp.adopt(back.handle, 'IPv4')
          t.teardown(() => udp.close(socket))
        }
        const sent = await count.stop()
        seen.push(...marksIn(udp))
        const { marks } = await child.ask({ do: 'report' })
        t.same(
          [...seen, ...marks].toSorted((a, b) => a - b),
          Array.from({ length: sent }, (_, i) => i),
          'each once, by one of the two',
        )
        t.ok(marks.length > 25)
      },
    )
  }

  t.test(`${here.name}: several processes at once do not know of each other`, async (t) => {
    const udp = here.make()
    const own = await opened(t, udp)
    const children = [await childWith(t, here), await childWith(t, here)]
    const ports = await Promise.all(children.map(async (child) => (await child.ask({ do: 'open' })).port))
    const count = 200
    for (let i = 0; i < count; i++) {
      await Promise.all(children.map((child) => child.ask({ do: 'send', port: own.port, packets: [[i & 0xff]] })))
    }
    const got: { readonly port: number; readonly mark: number }[] = []
    await until(() => {
      got.push(...drainOnce(udp).map(({ octets, port }) => ({ port, mark: octets[0] as number })))
      return got.length === 2 * count
    }, 'all of both')
    for (const port of ports) {
      t.same(
        got.filter((each) => each.port === port).map(({ mark }) => mark),
        Array.from({ length: count }, (_, i) => i & 0xff),
      )
    }
    for (const child of children) t.same((await child.ask({ do: 'report' })).marks, [])
  })

  t.test(`${here.name}: contexts of one process do not know of each other, and leave nothing open`, async (t) => {
    const far = await farEnd(t)
    const before = descriptors()
    const workers: Worker[] = []
    const marks: number[][] = []
    const ports: number[][] = []
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(WORKER, { workerData: { name: here.name, sockets: 20 }, execArgv: [] })
      t.teardown(() => worker.terminate())
      workers.push(worker)
      worker.on('message', (message: { readonly ports?: number[]; readonly marks?: number[] }) => {
        if (message.ports !== undefined) ports[i] = message.ports
        if (message.marks !== undefined) marks[i] = message.marks
      })
    }
    await until(() => [0, 1, 2].every((i) => ports[i] !== undefined), 'three contexts', 20_000)
    const send = (i: number) => {
      for (const port of ports[i] ?? []) far.send(new Uint8Array([i]), port, '127.0.0.1')
    }
    for (let i = 0; i < 3; i++) send(i)
    await until(() => [0, 1, 2].every((i) => marks[i]?.length === 20), 'what each was sent', 20_000)
    t.same(
      marks,
      [0, 1, 2].map((i) => new Array(20).fill(i)),
    )
    await workers[0]?.terminate()
    for (const i of [1, 2]) send(i)
    await until(() => [1, 2].every((i) => marks[i]?.length === 40), 'the others go on', 20_000)
    await Promise.all(workers.map((worker) => worker.terminate()))
    await until(() => descriptors() <= before, 'their descriptors are closed')
  })

  t.test(`${here.name}: a process that may open no more says so, and can again later`, async (t) => {
    const child = spawn('prlimit', ['--nofile=60', process.execPath, CHILD, here.name], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const limited = await talkTo(t, child)
    const { exhausted } = await limited.ask({ do: 'exhaust' })
    t.match(exhausted, { because: 'no-descriptors', again: true })
    t.ok((exhausted?.sockets ?? 0) > 10)
  })
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}
