import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { handleOf } from '../../src/base/udp-handle.ts'
import { type CallerSocket, type CallerSockets, dgramSockets } from '../../src/vault/caller-sockets.ts'
import { addonSockets } from '../../src/vault/caller-sockets-addon.ts'
import { loadUdpAddon } from '../../src/vault/udp-addon.ts'

const HOST = '127.0.0.1'

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, HOST)
  await once(socket, 'listening')
  return socket
}

async function farEnd(t: Test): Promise<Socket> {
  const socket = await bound()
  t.teardown(() => socket.close())
  return socket
}

type Caller = {
  readonly socket: CallerSocket
  readonly port: number
  readonly got: { readonly text: string; readonly port: number }[]
  /** What was handed over, kept against the rule, to see that it is overwritten. */
  readonly kept: Uint8Array[]
}

/** A caller's socket as it comes from another process: a handle that nobody reads. */
async function caller(
  t: Test,
  sockets: CallerSockets,
  onPacket: (text: string) => void = () => undefined,
): Promise<Caller> {
  // Whoever takes its handle closes that; it itself is never used again.
  const origin = await bound()
  const { port } = origin.address()
  const got: Caller['got'] = []
  const kept: Uint8Array[] = []
  const socket = await new Promise<CallerSocket>((open, broken) => {
    sockets.take(handleOf(origin), 'IPv4', {
      onOpen: open,
      onPacket: (packet, address, from) => {
        t.equal(address, HOST)
        got.push({ text: Buffer.from(packet).toString('latin1'), port: from })
        kept.push(packet)
        onPacket(Buffer.from(packet).toString('latin1'))
      },
      onBroken: () => broken(new Error('broken')),
    })
  })
  return { socket, port, got, kept }
}

/** Beats until something is so. */
async function beatUntil(sockets: CallerSockets, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    sockets.receive()
    sockets.send()
    await new Promise((again) => setTimeout(again, 2))
  }
}

const addon = loadUdpAddon(process)
const kinds: readonly (readonly [string, () => CallerSockets])[] = [
  ['node:dgram', dgramSockets],
  ...(addon === undefined ? [] : [['the addon', () => addonSockets(addon)] as const]),
]

for (const [name, make] of kinds) {
  t.test(`over ${name}: datagrams come with their source, each once, and are overwritten`, async (t) => {
    const sockets = make()
    const [one, two] = [await caller(t, sockets), await caller(t, sockets)]
    const far = await farEnd(t)
    far.send('for one', one.port, HOST)
    far.send('for two', two.port, HOST)
    await beatUntil(sockets, () => one.got.length + two.got.length === 2)
    const port = far.address().port
    t.same(one.got, [{ text: 'for one', port }])
    t.same(two.got, [{ text: 'for two', port }])
    for (const packet of [...one.kept, ...two.kept]) t.ok(packet.every((octet) => octet === 0))
    one.socket.close()
    two.socket.close()
  })

  t.test(`over ${name}: packets go where each was sent, in order, from the caller's own port`, async (t) => {
    const sockets = make()
    const [one, two] = [await caller(t, sockets), await caller(t, sockets)]
    const [here, there] = [await farEnd(t), await farEnd(t)]
    const heard: string[] = []
    for (const [at, far] of [here, there].entries())
      far.on('message', (packet, { port }) =>
        heard.push(`${packet} at ${at} from ${port === one.port ? 'one' : 'two'}`),
      )
    const to = (far: Socket) => ({ address: HOST, rtpPort: far.address().port })
    const buffer = Buffer.from('a..')
    one.socket.send(buffer, 1, to(here))
    one.socket.send(Buffer.from('b'), 1, to(there))
    two.socket.send(Buffer.from('c'), 1, to(here))
    one.socket.send(Buffer.from('d'), 1, to(there))
    await beatUntil(sockets, () => heard.length === 4)
    t.same(heard.toSorted(), ['a at 0 from one', 'b at 1 from one', 'c at 0 from two', 'd at 1 from one'])
    one.socket.close()
    two.socket.close()
  })

  t.test(
    `over ${name}: a socket that is given back is read no more, and what comes waits for whoever is next`,
    async (t) => {
      const sockets = make()
      const away = await caller(t, sockets)
      const far = await farEnd(t)
      const handle = away.socket.handle()
      far.send('later', away.port, HOST)
      const next = make()
      const got: string[] = []
      const socket = await new Promise<CallerSocket>((open) => {
        next.take(handle, 'IPv4', {
          onOpen: open,
          onPacket: (packet) => got.push(Buffer.from(packet).toString('latin1')),
          onBroken: () => t.fail('broken'),
        })
      })
      sockets.receive()
      await beatUntil(next, () => got.length === 1)
      t.same(got, ['later'])
      t.same(away.got, [])
      socket.close()
    },
  )

  t.test(`over ${name}: what came for a socket that is closed meanwhile is nobody's`, async (t) => {
    const sockets = make()
    const one = await caller(t, sockets, () => one.socket.close())
    const far = await farEnd(t)
    for (const text of ['first', 'second', 'third']) far.send(text, one.port, HOST)
    await beatUntil(sockets, () => one.got.length > 0)
    const two = await caller(t, sockets)
    far.send('for two', two.port, HOST)
    await beatUntil(sockets, () => two.got.length > 0)
    t.same(
      two.got.map(({ text }) => text),
      ['for two'],
    )
    t.equal(one.got[0]?.text, 'first')
    one.socket.close()
    two.socket.close()
  })
}

t.test('the addon is there wherever it was built, and nothing is there elsewhere', (t) => {
  t.equal(loadUdpAddon({ platform: 'darwin', dlopen: process.dlopen }), undefined)
  t.equal(loadUdpAddon(process, new URL('file:///nowhere/udp-batch.node')), undefined)
  const half = (module: object) => Object.assign(module, { exports: { create: () => undefined } })
  t.equal(loadUdpAddon({ platform: 'linux', dlopen: half }), undefined)
  t.end()
})

if (addon !== undefined) {
  t.test(
    'a datagram too long for a slot leaves nothing behind, and more than fit one drain are all read',
    async (t) => {
      const blocks: Uint8Array[] = []
      const sockets = addonSockets({
        ...addon,
        create: (block, ...rest) => {
          blocks.push(block)
          return addon.create(block, ...rest)
        },
      })
      const one = await caller(t, sockets)
      const far = await farEnd(t)
      far.send(Buffer.alloc(4000, 7), one.port, HOST)
      for (let i = 0; i < 400; i++) far.send(String(i), one.port, HOST)
      await beatUntil(sockets, () => one.got.length === 400)
      t.same(
        one.got.map(({ text }) => Number(text)),
        Array.from({ length: 400 }, (_, i) => i),
      )
      t.ok(blocks[0]?.every((octet) => octet === 0))
      one.socket.close()
    },
  )

  t.test(
    'nothing of what was sent is left, by a beat or by a socket that goes away in the middle of one',
    async (t) => {
      const sent = new Set<Uint8Array>()
      const sockets = addonSockets({
        ...addon,
        send: (native, block, ...rest) => {
          t.notOk(
            block.every((octet) => octet === 0),
            'there was something',
          )
          sent.add(block)
          addon.send(native, block, ...rest)
        },
      })
      const [one, two] = [await caller(t, sockets), await caller(t, sockets)]
      const far = await farEnd(t)
      const to = { address: HOST, rtpPort: far.address().port }
      const isWiped = () => [...sent].every((block) => block.every((octet) => octet === 0))
      one.socket.send(Buffer.from('a digit read back'), 17, to)
      sockets.send()
      t.ok(isWiped())
      one.socket.send(Buffer.from('another'), 7, to)
      two.socket.close()
      t.ok(isWiped())
      t.equal(sent.size, 1)
      one.socket.close()
    },
  )
}
