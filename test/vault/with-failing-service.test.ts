/** Sessions whose validation fails, on a real process: each is wiped, each has its reason, and none leaves anything behind. */

import t from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import type { StopReason } from '../../src/vault/contract.ts'
import { startPayer } from '../peers/payer-control.ts'
import type { ValidationBehaviour } from '../peers/validation-peer.ts'
import { makePool } from './bench.ts'
import { aMoment, beginSession, keyCard } from './caller.ts'
import { fieldOf, stepsFor } from './plans.ts'

const { pool } = makePool()
const payer = startPayer()

t.setTimeout(300_000)
t.before(async () => {
  await pool.start()
})
t.teardown(async () => {
  await Promise.all([pool.close(), payer.close()])
})

const rows: readonly [ValidationBehaviour, string][] = [
  ['hang', 'validation-timed-out'],
  ['reset', 'validation-bad-reply'],
  ['huge', 'validation-bad-reply'],
  ['redirect', 'validation-refused'],
]
for (const [behaviour, reason] of rows) {
  t.test(`a service that does this: ${behaviour}`, async (t) => {
    const { log, session } = await beginSession(pool, payer, 'PCMU', 'mastercard')
    await payer.ask({ do: 'behave', behaviour, echo: false })
    await keyCard(payer, log, 'event')
    await log.line('wiped')
    t.same(log.outcome, { result: 'failed', reason })
    session.stop('cancelled', true)
    await log.line('returned')
    log.back?.handle.close()
    await payer.ask({ do: 'close' })
  })
}

/** Requests that the service has read so far, to the last octet. */
const requests = async (): Promise<number> =>
  (await payer.ask({ do: 'compare', before: '', between: [], after: '' })).requests ?? 0

const departures: readonly [StopReason, giveBack: boolean][] = [
  ['cancelled', true],
  ['agent-hung-up', true],
  ['caller-hung-up', false],
  ['shutting-down', false],
]
for (const [reason, giveBack] of departures) {
  t.test(
    `the service has the request, and the session is stopped: ${reason}; nobody is told that nothing was done`,
    async (t) => {
      const { log, session } = await beginSession(pool, payer, 'PCMU', 'mastercard', {}, { timeoutMs: 120_000 })
      await payer.ask({ do: 'behave', behaviour: 'hang', echo: false })
      const before = await requests()
      await keyCard(payer, log, 'event')
      while ((await requests()) === before) await pause(20)
      session.stop(reason, giveBack)
      await log.line('wiped')
      t.same(log.outcome, { result: 'failed', reason: 'validation-timed-out' })
      session.stop('cancelled', giveBack)
      await log.line('returned')
      log.back?.handle.close()
      await payer.ask({ do: 'close' })
    },
  )
}

t.test('the time of the session is over while the service is asked: the answer is waited for', async (t) => {
  const fields = [fieldOf('security-code')]
  const short = { fields, steps: stepsFor(1, 1), sessionMs: 8000 }
  const { log, session } = await beginSession(pool, payer, 'PCMU', 'mastercard', short, { timeoutMs: 9000 })
  await payer.ask({ do: 'behave', behaviour: 'hang', echo: false })
  await log.line('asking 0')
  await payer.ask({ do: 'press', what: 'security-code', how: 'event', after: [11] })
  await log.line('wiped')
  t.same(log.outcome, { result: 'failed', reason: 'validation-timed-out' })
  session.stop('cancelled', true)
  await log.line('returned')
  log.back?.handle.close()
  await payer.ask({ do: 'close' })
})

t.test('a plan in a language that has no prompts gives the line back at once', async (t) => {
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard', { locales: ['xx'] })
  await log.line('returned')
  t.same(log.outcome, { result: 'failed', reason: 'prompts-missing' })
  t.ok(log.back, 'with the socket')
  log.back?.handle.close()
  await payer.ask({ do: 'close' })
})

t.test('a transaction that was begun before is not begun again', async (t) => {
  const first = await beginSession(pool, payer, 'PCMA', 'mastercard', { transactionId: 'same' })
  await first.log.line('began')
  first.session.stop('caller-hung-up', false)
  await first.log.line('returned')
  await payer.ask({ do: 'close' })
  const second = await beginSession(pool, payer, 'PCMA', 'mastercard', { transactionId: 'same' })
  await second.log.line('lost')
  t.same(second.log.lines, ['lost'])
  await payer.ask({ do: 'close' })
})

t.test('three wrong entries end the session', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard')
  for (const attempt of [1, 2, 3]) {
    await log.line(`asking 0 ${attempt}`)
    await payer.ask({ do: 'press', what: 'expiry', how: 'event', after: [11] })
  }
  await log.line('wiped')
  t.same(log.outcome, { result: 'failed', reason: 'too-many-failed-attempts' })
  t.equal(log.lines.filter((line) => line === 'refused 0 too-short').length, 3)
  session.stop('cancelled', true)
  await log.line('returned')
  log.back?.handle.close()
  await payer.ask({ do: 'close' })
})

t.test('nothing that was keyed is in the memory of the vault or of control', async (t) => {
  await aMoment(pool.processIds)
  t.ok(((await payer.ask({ do: 'scan-self' })).found?.length ?? 0) > 0, 'what is planted is found')
  for (const pid of pool.processIds) t.same((await payer.ask({ do: 'scan', pid })).found, [], 'nothing in the vault')
  t.same((await payer.ask({ do: 'scan', pid: process.pid })).found, [], 'nothing in control')
})
