/**
 * Sessions whose requests are JSON and sealed, on a real process: right to the octet, and nothing of them is left in anybody's memory, the content
 * key included.
 */

import t from 'tap'
import { readSealingKey } from '../../src/base/sealing-key.ts'
import type { Validation } from '../../src/vault/contract.ts'
import type { SealingKind } from '../peers/payer.ts'
import { startPayer } from '../peers/payer-control.ts'
import { makePool } from './bench.ts'
import { aMoment, beginSession, keyCard } from './caller.ts'

const { pool } = makePool()
const payer = startPayer()

t.setTimeout(300_000)
t.before(async () => {
  await pool.start()
})
t.teardown(async () => {
  await Promise.all([pool.close(), payer.close()])
})

const BETWEEN = ['"},{"name":"expiry","value":"', '"},{"name":"code","value":"']
const AFTER = '"}]}'

async function validationFor(to: SealingKind | undefined): Promise<Partial<Validation>> {
  if (to === undefined) return { format: 'json' }
  const { publicKey = '' } = await payer.ask({ do: 'seal', to })
  const sealingKey = readSealingKey(publicKey)
  if (typeof sealingKey === 'string') throw new Error(sealingKey)
  return { format: 'sealed', sealingKey }
}

const rows: readonly [what: string, to: SealingKind | undefined, echo: boolean][] = [
  ['as JSON', undefined, false],
  ['sealed with RSA', 'rsa', false],
  ['sealed with P-256', 'p-256', false],
  ['sealed with X25519', 'x25519', true],
]
for (const [what, to, echo] of rows) {
  t.test(`a card sent ${what}`, async (t) => {
    const transactionId = `formats-${to ?? 'json'}`
    const validation = await validationFor(to)
    const { log, session } = await beginSession(pool, payer, 'PCMU', 'mastercard', { transactionId }, validation)
    await payer.ask({ do: 'behave', behaviour: 'accept', echo, format: 'json' })
    await keyCard(payer, log, 'event')
    await log.line('wiped')
    if (echo) {
      const details = 'Card ****************, **** **** **** **** , code ***, refused'
      t.same(log.outcome, { result: 'declined', details, reference: '*-*-*-*-*-*-*-*-*-*-*-*-*-*-*-*' })
    } else t.match(log.outcome, { result: 'accepted', details: 'Good', reference: 'A-4711', brand: 'mastercard' })
    const before = `{"transactionId":"${transactionId}","submission":1,"items":[{"name":"customer name","value":"Joe Smith"},{"name":"credit card","value":"`
    const compare = to === undefined ? 'compare' : 'compare-sealed'
    t.equal((await payer.ask({ do: compare, before, between: BETWEEN, after: AFTER })).same, true, 'right to the octet')
    session.stop('cancelled', true)
    await log.line('returned')
    log.back?.handle.close()
    await payer.ask({ do: 'close' })
  })
}

t.test('nothing that was keyed, and no content key, is in the memory of the vault or of control', async (t) => {
  await aMoment(pool.processIds)
  const own = (await payer.ask({ do: 'scan-self' })).found ?? []
  t.ok(own.length > 1 && own.includes('content key'), 'what is planted is found')
  for (const pid of pool.processIds) t.same((await payer.ask({ do: 'scan', pid })).found, [], 'nothing in the vault')
  t.same((await payer.ask({ do: 'scan', pid: process.pid })).found, [], 'nothing in control')
})
