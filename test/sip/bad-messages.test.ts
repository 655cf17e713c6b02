/**
 * Every message of the JAIN-SIP parser test, of the kinds that advisories tell of, and every INVITE with one broken field, in stepped time:
 * nothing is unforeseen, none takes longer than 50 ms, nothing goes to whom they name, no response is answered, and nothing of them stays.
 */

import t, { type Test } from 'tap'
import { parseNameAddrList, toParty, writeParty } from '../../src/sip/name-addr.ts'
import { advisoryMessages } from '../peers/advisory-messages.ts'
import { jainMessages } from '../peers/bad-messages.ts'
import { brokenFields, type Ends } from '../peers/broken-fields.ts'
import { ownCpuMs } from '../peers/process-times.ts'
import { endpoint, type Notes, notes } from './endpoints.ts'
import { memoryNet } from './memory-wire.ts'

t.setTimeout(300_000)

const SOTTO = '10.0.0.2'
const THIRD = '10.6.6.6'
const NUMBER = '42'
const SLOWEST_MS = 50
/** A trunk, and whoever it may be. */
const SENDERS = ['10.0.0.1', '10.9.9.9']
/** Cases between two looks at what stays. */
const BATCH = 500
const ALIVE =
  'OPTIONS sip:10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.8;branch=z9hG4bKalive{at}\r\nMax-Forwards: 70\r\nFrom: <sip:a@10.9.9.8>;tag=1\r\nTo: <sip:b@10.0.0.2>\r\nCall-ID: alive{at}\r\nCSeq: 1 OPTIONS\r\n\r\n'

/** An endpoint whose calls ring until they are cancelled, or for as long as it is let. */
async function stage() {
  const net = memoryNet()
  const phones = { realm: 'sotto', accountOf: () => undefined, nonceKey: new Uint8Array(32) }
  const ringing: { readonly told: Notes; readonly stop: () => void }[] = []
  const server = await endpoint(
    net,
    SOTTO,
    (session) => {
      const told = notes()
      session.attach(told)
      session.progress(180)
      ringing.push({ told, stop: () => session.reject(480) })
    },
    { phones },
  )
  let slowest = { ms: 0, name: '' }
  let alive = 0
  const inject = (octets: Uint8Array, address: string) =>
    net.inject(octets, { transport: 'udp', address, port: 5060 }, SOTTO)
  return {
    net,
    slowest: () => slowest,
    calls: 0,
    /** Puts a message on the net. @returns how often it was answered to whoever sent it. */
    take(name: string, octets: Uint8Array, address: string): number {
      const before = net.log.length
      const startMs = ownCpuMs()
      inject(octets, address)
      let ms = ownCpuMs() - startMs
      const answers = net.log.length - before
      // A collection of garbage may fall into one measurement, and hardly into three.
      for (let again = 0; again < 2 && ms > SLOWEST_MS; again += 1) {
        const againMs = ownCpuMs()
        inject(octets, address)
        ms = Math.min(ms, ownCpuMs() - againMs)
      }
      if (ms > slowest.ms) slowest = { ms, name }
      return answers
    },
    /** Lets everything come to its end. @returns what is wrong. */
    async settle(t: Test, says: string): Promise<void> {
      this.calls += ringing.length
      for (const { told, stop } of ringing.splice(0)) if (!told.told.some((each) => each.startsWith('ended'))) stop()
      await net.run(70_000, 2000)
      t.strictSame(server.defects.splice(0), [], `${says}: nothing unforeseen`)
      const elsewhere = net.log.filter(({ to }) => ![...SENDERS, SOTTO].includes(to))
      t.strictSame(elsewhere.slice(0, 2), [], `${says}: nothing goes anywhere else`)
      const { clientTransactions, serverTransactions, dialogs, sessions } = server.sip.stats()
      t.strictSame([clientTransactions, serverTransactions, dialogs, sessions], [0, 0, 0, 0], `${says}: nothing stays`)
      net.log.length = 0
      alive += 1
      inject(Buffer.from(ALIVE.replaceAll('{at}', String(alive))), SENDERS[1] as string)
      t.match(
        net.log.map(({ text }) => text.slice(0, 11)),
        ['SIP/2.0 200'],
        `${says}: still answers`,
      )
      net.log.length = 0
    },
  }
}

t.test('JAIN, and what advisories tell of', async (t) => {
  const made = await stage()
  for (const [nth, own] of SENDERS.entries()) {
    const advisories = advisoryMessages({ server: SOTTO, own, third: THIRD, number: NUMBER })
    const all = [...jainMessages(), ...jainMessages(THIRD), ...advisories]
    t.ok(all.length > 2 * 180 + 69, `${all.length} messages`)
    for (const { name, octets, isResponse } of all) {
      const answers = made.take(name, octets, own)
      if (isResponse) t.equal(answers, 0, `${name} is a response, and not answered`)
    }
    await made.settle(t, nth === 0 ? 'a trunk' : 'a stranger')
  }
  t.ok(made.slowest().ms < SLOWEST_MS, `${made.slowest().name} took ${made.slowest().ms.toFixed(1)} ms`)
})

t.test('one broken field', async (t) => {
  const made = await stage()
  const cases = brokenFields()
  t.ok(cases.length > 4527, `${cases.length} cases, as many as the suite of that kind has`)
  for (const [nth, own] of SENDERS.entries()) {
    const ends: Ends = { transport: 'udp', server: SOTTO, own, number: NUMBER, run: String(nth) }
    for (const [at, each] of cases.entries()) {
      made.take(each.name, each.invite(ends), own)
      made.take(each.name, each.teardown('CANCEL', ends), own)
      made.take(each.name, each.teardown('ACK', ends), own)
      if (at % BATCH === BATCH - 1) await made.settle(t, `${own}, up to ${each.name}`)
    }
    await made.settle(t, own)
  }
  t.ok(made.calls > 1000, `${made.calls} of them were calls all the same`)
  t.ok(made.slowest().ms < SLOWEST_MS, `${made.slowest().name} took ${made.slowest().ms.toFixed(1)} ms`)
})

t.test('a name of thousands of octets does not grow on its way', async (t) => {
  for (const octet of ['a', '\xff', '\xf0\x9f\x98\x80']) {
    const [address] = parseNameAddrList(`"${octet.repeat(6000)}" <sip:a@b>`) ?? []
    if (address === undefined) throw new Error('it can be read')
    const party = toParty(address)
    t.equal(party.displayName.length, 256)
    t.ok(party.displayName.isWellFormed())
    t.ok(writeParty(party).length < 1100, 'what goes on is no longer than a header may be')
  }
})
