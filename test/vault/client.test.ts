/** The pool's supervision in stepped time, with processes that are none. */

import type { ForkOptions } from 'node:child_process'
import { EventEmitter } from 'node:events'
import t from 'tap'
import { Fault } from '../../src/base/fault.ts'
import type { UdpHandle } from '../../src/base/udp-handle.ts'
import { createVaultPool, type VaultChild, type VaultPoolEvent } from '../../src/vault/client.ts'
import type { VaultCommand, VaultEvent } from '../../src/vault/contract.ts'
import { type SteppedClock, steppedClock } from '../peers/stepped-clock.ts'
import { planFor, sessionLog, ticketFor } from './bench.ts'

const protections = {
  permissionModel: true,
  notDumpable: true,
  noCoreFile: true,
  lockedMemory: true,
  noInspector: true,
  emptyEnvironment: true,
  noNewPrivileges: true,
}
const publicKey = new Uint8Array(32)

/** A child process as the pool sees it. */
class FakeChild extends EventEmitter {
  readonly pid: number
  connected = true
  readonly commands: VaultCommand[] = []
  killed = false
  /** Answers pings and commands by itself. */
  lives = true
  /** Whether messages arrive. */
  sends = true

  constructor(pid: number) {
    super()
    this.pid = pid
  }

  send(message: unknown, _handle: unknown, _options: unknown, sent: (error: Error | null) => void): boolean {
    const command = message as VaultCommand
    this.commands.push(command)
    sent(this.sends ? null : new Error('gone'))
    if (this.lives) this.tell({ type: 'done', id: command.id })
    if (command.do === 'exit' && this.lives) this.die()
    return true
  }

  kill(): boolean {
    this.killed = true
    return true
  }

  tell(event: VaultEvent, handle?: unknown): void {
    this.emit('message', event, handle)
  }

  die(): void {
    this.connected = false
    this.emit('disconnect')
    this.emit('exit')
  }
}

function makePool(processes = 1) {
  const clock: SteppedClock = steppedClock()
  const children: FakeChild[] = []
  const options: ForkOptions[] = []
  const events: VaultPoolEvent[] = []
  const pool = createVaultPool({
    processes,
    entry: '/app/vault.js',
    promptsFolder: '/prompts',
    appFolder: '/app',
    clock,
    nodeMajor: 26,
    fork: (_entry, _args, forkOptions) => {
      const child = new FakeChild(1000 + children.length)
      children.push(child)
      options.push(forkOptions)
      return child as unknown as VaultChild
    },
    onEvent: (event) => events.push(event),
  })
  return { clock, children, options, events, pool }
}

async function startedPool(processes = 1) {
  const made = makePool(processes)
  const started = made.pool.start()
  for (const child of made.children) child.tell({ type: 'ready', protections, publicKey })
  await started
  return made
}

function fakeHandle() {
  const handle = { closed: 0, recvStop: () => 0, close: () => void handle.closed++ }
  return handle
}

const begun = (sessionId: string, handle: UdpHandle) => {
  const events = sessionLog()
  const ticket = ticketFor('PCMA', 4000, 5000)
  return {
    sessionId,
    ticket,
    handle,
    plan: planFor({ validationPort: 1, authority: '', transactionId: sessionId }),
    events,
  }
}

t.test('a process is forked with nothing it could say or know', async (t) => {
  const { options, pool } = await startedPool()
  t.strictSame(options[0]?.env, { GLIBC_TUNABLES: 'glibc.malloc.perturb=255:glibc.malloc.tcache_count=0' })
  t.match(options[0], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' })
  t.ok(options[0]?.execArgv?.includes('--permission'))
  await pool.close()
})

t.test('a pool is available once a process has its prompts', async (t) => {
  const { pool, children, events } = makePool()
  const started = pool.start()
  t.notOk(pool.available)
  t.throws(() => pool.begin(begun('a', fakeHandle())), Fault)
  const [child] = children as [FakeChild]
  child.lives = false
  child.tell({ type: 'ready', protections, publicKey })
  t.notOk(pool.available)
  t.match(child.commands, [{ do: 'configure', promptsFolder: '/prompts' }])
  child.tell({ type: 'failed', id: child.commands[0]?.id as number, fault: 'vault.prompts-missing' })
  await started
  t.ok(pool.available, 'without prompts too: it gives every caller back with a reason')
  t.same(
    events.map(({ type }) => type),
    ['prompts-missing', 'ready'],
  )
  t.same(pool.protections, [protections])
  t.same(pool.processIds, [1000])
  child.lives = true
  pool.reloadPrompts()
  t.equal(child.commands.at(-1)?.do, 'configure')
  await pool.close()
  t.notOk(pool.available)
  t.throws(() => pool.begin(begun('a', fakeHandle())), Fault)
})

t.test('a process that never speaks is given up', async (t) => {
  const { pool, children, clock } = makePool()
  const started = pool.start()
  const [child] = children as [FakeChild]
  child.lives = false
  clock.step(15_500)
  await t.rejects(started, { code: 'vault.cannot-start' })
  t.ok(child.killed)
})

t.test('sessions go to the process with the fewest, and each hears its own events', async (t) => {
  const { pool, children } = await startedPool(2)
  const [first, second] = children as [FakeChild, FakeChild]
  const a = begun('a', fakeHandle())
  const b = begun('b', fakeHandle())
  pool.begin(a)
  pool.begin(b)
  t.equal(first.commands.at(-1)?.do, 'begin')
  t.equal(second.commands.at(-1)?.do, 'begin')
  t.equal((a.handle as unknown as { closed: number }).closed, 1, 'our copy of the handle is closed once it was sent')
  first.tell({ type: 'began', sessionId: 'a' })
  first.tell({ type: 'asking', sessionId: 'a', field: 0, attempt: 1, attempts: 3 })
  first.tell({ type: 'progress', sessionId: 'a', field: 0, keys: 4 })
  first.tell({ type: 'refused', sessionId: 'a', field: 0, why: 'too-short' })
  first.tell({ type: 'taken', sessionId: 'a', field: 0 })
  first.tell({ type: 'submitting', sessionId: 'a', submission: 1 })
  first.tell({ type: 'confirming', sessionId: 'a', field: 0 })
  first.tell({ type: 'more-time', sessionId: 'a', field: 0, left: 1 })
  first.tell({ type: 'answered', sessionId: 'a', outcome: { result: 'declined', details: 'no' } })
  first.tell({ type: 'waiting-for-agent', sessionId: 'a', ms: 60_000 })
  first.tell({ type: 'wiped', sessionId: 'a', outcome: { result: 'declined', details: 'no' } })
  const back = fakeHandle()
  first.tell({ type: 'returned', sessionId: 'a', ticket: a.ticket }, back)
  t.same(a.events.lines, [
    'began',
    'asking 0 1/3',
    'progress 0 4',
    'refused 0 too-short',
    'taken 0',
    'submitting 1',
    'confirming 0',
    'more time 0 1',
    'answered declined',
    'waiting 60000',
    'wiped declined',
    'returned',
  ])
  t.equal(a.events.back?.handle, back)
  t.same(b.events.lines, [])
  first.tell({ type: 'progress', sessionId: 'a', field: 0, keys: 5 })
  t.equal(a.events.lines.length, 12, 'nothing follows')
  await pool.close()
})

t.test('a session without a socket at its end, and a socket without a session', async (t) => {
  const { pool, children } = await startedPool()
  const [child] = children as [FakeChild]
  const a = begun('a', fakeHandle())
  const session = pool.begin(a)
  session.order({ what: 'again', fields: [1] })
  t.match(child.commands.at(-1), { do: 'order', sessionId: 'a', order: { what: 'again', fields: [1] } })
  session.stop('caller-hung-up', false)
  t.match(child.commands.at(-1), { do: 'stop', sessionId: 'a', reason: 'caller-hung-up', giveBack: false })
  child.tell({ type: 'returned', sessionId: 'a' })
  t.same(a.events.lines, ['returned nothing'])
  const count = child.commands.length
  session.stop('caller-hung-up', false)
  session.order({ what: 'go-on' })
  t.equal(child.commands.length, count, 'a stop or an order after the end says nothing')
  const stray = fakeHandle()
  child.tell({ type: 'returned', sessionId: 'nobody', ticket: a.ticket }, stray)
  t.equal(stray.closed, 1)
  const unasked = fakeHandle()
  child.tell({ type: 'began', sessionId: 'nobody' }, unasked)
  t.equal(unasked.closed, 1)
  await pool.close()
})

t.test('a plan that cannot be carried out is refused before the handle is taken', async (t) => {
  const { pool } = await startedPool()
  const handle = fakeHandle()
  const a = begun('a', handle)
  t.throws(() => pool.begin({ ...a, plan: { ...a.plan, fields: [] } }), { code: 'vault.bad-plan' })
  t.equal(handle.closed, 0)
  await pool.close()
})

t.test('a death is told at once, and another process starts', async (t) => {
  const { pool, children, clock, events } = await startedPool()
  const a = begun('a', fakeHandle())
  pool.begin(a)
  children[0]?.die()
  t.same(a.events.lines, ['lost'])
  t.match(events.at(-1), { type: 'lost', processId: 1000, stalled: false, sessions: 1 })
  t.notOk(pool.available)
  clock.step(150)
  t.equal(children.length, 2)
  children[1]?.tell({ type: 'ready', protections, publicKey })
  t.ok(pool.available)
  await pool.close()
})

t.test('processes that keep dying are started ever more seldom, and a ready one resets that', async (t) => {
  const { children, clock, pool } = await startedPool()
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const count = children.length
    children.at(-1)?.die()
    let waited = 0
    while (children.length === count) {
      clock.step(100)
      waited += 100
    }
    waits.push(waited)
  }
  t.same(waits, [100, 200, 400, 800, 1600, 3200, 4000, 4000])
  children.at(-1)?.tell({ type: 'ready', protections, publicKey })
  children.at(-1)?.die()
  const count = children.length
  clock.step(100)
  t.equal(children.length, count + 1)
  children.at(-1)?.tell({ type: 'ready', protections, publicKey })
  await pool.close()
})

t.test('a process that is silent for a second is killed, and its sessions are lost by then', async (t) => {
  const { pool, children, clock, events } = await startedPool()
  const [child] = children as [FakeChild]
  const a = begun('a', fakeHandle())
  pool.begin(a)
  clock.step(2000)
  t.notOk(child.killed, 'one that answers is not')
  child.lives = false
  clock.step(700)
  t.same(a.events.lines, [])
  clock.step(300)
  t.ok(child.killed)
  t.same(a.events.lines, ['lost'])
  t.match(events.at(-1), { type: 'lost', stalled: true, sessions: 1 })
  child.emit('exit')
  t.same(a.events.lines, ['lost'], 'told once')
  clock.step(150)
  children[1]?.tell({ type: 'ready', protections, publicKey })
  await pool.close()
})

t.test('a socket that cannot be sent loses its session', async (t) => {
  const { pool, children } = await startedPool()
  const [child] = children as [FakeChild]
  child.sends = false
  const handle = fakeHandle()
  const a = begun('a', handle)
  pool.begin(a)
  t.same(a.events.lines, ['lost'])
  t.equal(handle.closed, 1)
  child.sends = true
  await pool.close()
})

t.test('a begin that the vault refuses loses its session', async (t) => {
  const { pool, children } = await startedPool()
  const [child] = children as [FakeChild]
  child.lives = false
  const a = begun('a', fakeHandle())
  pool.begin(a)
  child.tell({ type: 'failed', id: child.commands.at(-1)?.id as number, fault: 'vault.not-available' })
  t.same(a.events.lines, ['lost'])
  t.equal(pool.available, true)
  child.lives = true
  await pool.close()
})

t.test('what is not in the contract is dropped and told', async (t) => {
  const { pool, children, events } = await startedPool()
  children[0]?.emit('message', { type: 'progress', sessionId: 'a', field: 0, keys: 3, digits: '123' })
  t.match(events.at(-1), { type: 'bad-message', processId: 1000 })
  await pool.close()
})

t.test('a process that does not exit when told is killed', async (t) => {
  const { pool, children, clock } = await startedPool()
  const [child] = children as [FakeChild]
  child.lives = false
  const closed = pool.close()
  clock.step(1000)
  t.ok(child.killed)
  child.die()
  await closed
  await pool.close()
})
