/** A real vault process, a real caller's socket, a real caller, a real validation service, and a search of everybody's memory. */

import t from 'tap'
import type { CodecName } from '../../src/base/units.ts'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import type { PayerAnswer } from '../peers/payer.ts'
import { type Payer, startPayer } from '../peers/payer-control.ts'
import { boundAgain, makePool, type SessionLog } from './bench.ts'
import { aMoment, beginSession, type Card, keyCard } from './caller.ts'

const { pool, events } = makePool()
const payer: Payer = startPayer()

t.setTimeout(300_000)
t.before(async () => {
  await pool.start()
})
t.teardown(async () => {
  await Promise.all([pool.close(), payer.close()])
})

const BEFORE = `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="customer name" value="Joe Smith" />\n<param name="credit card" value="`
const BETWEEN = ['" />\n<param name="expiry" value="', '" />\n<param name="code" value="']
const AFTER = '" />\n</params>\n'

/** What the caller has heard, once it is so many packets; as it is when it is not. */
async function hearing(packets: number): Promise<PayerAnswer> {
  for (let tries = 0; ; tries++) {
    const heard = await payer.ask({ do: 'hearing' })
    if ((heard.packets ?? 0) >= packets || tries === 100) return heard
    await pause(20)
  }
}

const rows: readonly { codec: CodecName; how: 'event' | 'in-band'; brand: Card }[] = [
  { codec: 'PCMA', how: 'event', brand: 'mastercard' },
  { codec: 'PCMU', how: 'in-band', brand: 'mastercard' },
  { codec: 'G722', how: 'in-band', brand: 'american-express' },
]
for (const { codec, how, brand } of rows) {
  t.test(`a ${brand} keyed as ${how} over ${codec} is accepted, wiped, and the line comes back`, async (t) => {
    const { log, ticket } = await beginSession(pool, payer, codec, brand)
    await keyCard(payer, log, how)
    await log.line('wiped')
    t.equal(log.outcome?.result, 'accepted', 'the service accepts')
    t.match(log.outcome, { brand, details: 'That number was good', lastFour: /^\d{4}$/ })
    const compared = await payer.ask({ do: 'compare', before: BEFORE, between: BETWEEN, after: AFTER })
    t.equal(compared.same, true, 'the body is right to the octet')
    const keys = brand === 'mastercard' ? 16 : 15
    t.ok(log.lines.includes(`progress 0 ${keys}`), 'every key is counted')
    t.ok(log.lines.includes('progress 2 1'), 'of the security code it is told that something was keyed')
    t.notOk(
      log.lines.some((line) => /^progress 2 [2-9]/.test(line)),
      'and not how much',
    )

    await log.line('returned')
    const back = log.back
    if (back === undefined) throw new Error('no socket came back')
    const socket = await boundAgain(back.handle)
    t.equal(socket.address().port, ticket.localPort, 'the same port is back')
    const packets = back.ticket.packetsSent - ticket.packetsSent
    const heard = await hearing(packets)
    t.same(heard.seams, [], 'the stream is one stream')
    // How punctual the voice is, is for its own test with a stepped clock: a machine that others use makes gaps.
    t.ok((heard.longestGapMs ?? Number.POSITIVE_INFINITY) < 1000, 'no gap that a caller takes for the end')
    t.equal(heard.packets, packets, 'every packet sent was heard and counted')
    t.equal(
      back.ticket.nextSequence,
      (ticket.nextSequence + (heard.packets ?? 0)) & 0xffff,
      'the ticket goes on from there',
    )
    socket.close()
    await payer.ask({ do: 'close' })
  })
}

t.test('nothing that was keyed is in the memory of the vault or of control', async (t) => {
  await aMoment(pool.processIds)
  const own = await payer.ask({ do: 'scan-self' })
  t.ok((own.found?.length ?? 0) > 0, 'what is planted is found')
  for (const pid of pool.processIds) {
    const vault = await payer.ask({ do: 'scan', pid })
    t.same(vault.found, [], `nothing in the vault (${((vault.octets ?? 0) / 1e6).toFixed(0)} MB)`)
  }
  const control = await payer.ask({ do: 'scan', pid: process.pid })
  t.same(control.found, [], `nothing in control (${((control.octets ?? 0) / 1e6).toFixed(0)} MB)`)
})

t.test('keys by INFO go in sealed, to the vault that has the session and to no other', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  const press = (body: string) => {
    const octets = Buffer.from(body)
    pool.keySlip.put('dtmf-relay', octets, 0, octets.length)
    const sealed = pool.keySlip.seal()
    pool.keySlip.wipe()
    if (sealed === undefined) throw new Error('no vault to seal for')
    return sealed
  }
  await log.line('asking 0')
  for (const signal of ['Signal=5\r\nDuration=160\r\n', 'signal = 2', 'Signal=no key', 'Signal=0'])
    session.tell({ type: 'key', sealed: press(signal) })
  await log.line('progress 0 3')
  const [pid = 0] = pool.processIds
  session.tell({ type: 'key', sealed: new Map([[pid, new Uint8Array(112)]]) })
  session.tell({ type: 'key', sealed: new Map([[pid + 1, press('Signal=9').get(pid) ?? new Uint8Array(112)]]) })
  session.tell({ type: 'key', sealed: press('Signal=*') })
  await log.line('progress 0 0')
  session.stop('cancelled', true)
  await log.line('returned')
  t.notOk(log.lines.includes('progress 0 4'), 'what nobody sealed for it is no key')
  session.tell({ type: 'key', sealed: press('Signal=5') })
  log.back?.handle.close()
  await payer.ask({ do: 'close' })
})

t.test("what a service echoes is covered, and is in nobody's memory", async (t) => {
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  await payer.ask({ do: 'behave', behaviour: 'accept', echo: true })
  await keyCard(payer, log, 'event')
  await log.line('wiped')
  t.same(log.outcome, { result: 'declined', details: 'Card ****************, **** **** **** **** , code ***, refused' })
  await log.line('returned')
  log.back?.handle.close()
  await aMoment(pool.processIds)
  for (const pid of [...pool.processIds, process.pid])
    t.same((await payer.ask({ do: 'scan', pid })).found, [], 'nothing')
  await payer.ask({ do: 'close' })
})

/** @returns how long it took after a signal to the vault until the loss was told, without what this process was held up, ms. */
async function lossOf(log: SessionLog, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  const holdUps = watchHoldUps()
  const fromMs = performance.now()
  process.kill(pool.processIds[0] as number, signal)
  await log.line('lost')
  const toMs = performance.now()
  holdUps.close()
  // Whoever was held up himself watches anew, which takes up to twice as long again.
  return toMs - fromMs - 3 * holdUps.heldMs(fromMs, toMs)
}

t.test('a vault that is killed in mid-entry loses the session at once, and another takes the next', async (t) => {
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  await log.line('asking 0')
  await payer.ask({ do: 'press', what: 'half-card-number', how: 'event', after: [] })
  const tookMs = await lossOf(log, 'SIGKILL')
  t.ok(tookMs < 1200, `told after ${tookMs.toFixed(0)} ms`)
  t.match(events.at(-1), { type: 'lost', stalled: false, sessions: 1 })
  await until(() => pool.available, 'a new vault', 60_000)
  t.same((await payer.ask({ do: 'scan', pid: process.pid })).found, [], 'nothing of the half in control')
  await payer.ask({ do: 'close' })
})

t.test('a vault that is stopped is killed, and the session is lost within 1.3 s', async (t) => {
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  await log.line('asking 0')
  const tookMs = await lossOf(log, 'SIGSTOP')
  t.ok(tookMs < 1600, `told after ${tookMs.toFixed(0)} ms`)
  t.match(events.at(-1), { type: 'lost', stalled: true, sessions: 1 })
  await until(() => pool.available, 'a new vault', 60_000)
  await payer.ask({ do: 'close' })
})

t.test('a session that the agent cancels is wiped first, and the line comes back', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  await log.line('asking 0')
  await payer.ask({ do: 'press', what: 'card-number', how: 'event', after: [] })
  await log.line('asking 1')
  t.same(
    (await payer.ask({ do: 'scan', pid: pool.processIds[0] as number })).found,
    [],
    'the whole number is there, and no seven digits of it in clear',
  )
  session.stop('cancelled', true)
  session.stop('cancelled', true)
  await log.line('returned')
  t.same(log.outcome, { result: 'failed', reason: 'cancelled' })
  t.ok(log.lines.indexOf('wiped failed') < log.lines.indexOf('returned'))
  log.back?.handle.close()
  await aMoment(pool.processIds)
  t.same((await payer.ask({ do: 'scan', pid: pool.processIds[0] as number })).found, [], 'and nothing of it afterwards')
  await payer.ask({ do: 'close' })
})

t.test('a session whose caller hangs up is wiped, and the socket is closed', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  await log.line('asking 0')
  session.stop('caller-hung-up', false)
  await log.line('returned nothing')
  t.same(log.outcome, { result: 'failed', reason: 'caller-hung-up' })
  await payer.ask({ do: 'close' })
})

t.test('every protection that this machine gives is on', async (t) => {
  t.same(pool.protections, [
    {
      permissionModel: true,
      notDumpable: true,
      noCoreFile: true,
      lockedMemory: true,
      noInspector: true,
      emptyEnvironment: true,
      noNewPrivileges: true,
    },
  ])
})
