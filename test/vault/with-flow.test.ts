/** Flows with every kind of step, carried out by a real vault process over a real socket; and what is left of them in anybody's memory. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../src/demo/waiting.ts'
import type { Plan } from '../../src/vault/contract.ts'
import { type Payer, startPayer } from '../peers/payer-control.ts'
import { shortPrompts } from '../peers/short-prompts.ts'
import { makePool, type SessionLog } from './bench.ts'
import { aMoment, beginSession } from './caller.ts'
import { fieldOf } from './plans.ts'

const folder = mkdtempSync(join(tmpdir(), 'sotto-flow-'))
shortPrompts(folder)
const { pool } = makePool(1, folder)
const payer: Payer = startPayer()

t.setTimeout(300_000)
t.before(async () => {
  await pool.start()
})
t.teardown(async () => {
  await Promise.all([pool.close(), payer.close()])
  rmSync(folder, { recursive: true })
})

const CLEAR = 10
const TERMINATOR = 11
const ESCAPE = 12
const MORE_TIME = 13

const keys = { terminator: TERMINATOR, clear: CLEAR, escape: ESCAPE, moreTime: MORE_TIME }
/** A card, an account that is keyed twice and read back, the card's code; a repeat, then the agent. */
const flow = {
  fields: [
    fieldOf('card-number', { name: 'card' }),
    fieldOf('account-number', { name: 'account', keys, moreTimes: 1, enterTwice: true, readBack: 'all' }),
    fieldOf('security-code', { name: 'code' }),
  ],
  steps: [
    { do: 'say', clips: ['welcome'], bargeIn: true },
    { do: 'insert', insert: 0 },
    { do: 'collect', field: 0 },
    { do: 'say', clips: ['entry-welcome'], bargeIn: false },
    { do: 'collect', field: 1 },
    { do: 'collect', field: 2 },
    { do: 'validate' },
    { do: 'branch', accepted: 11, declined: 8, failed: 9 },
    { do: 'repeat', fields: [2], from: 5, times: 1, otherwise: 9 },
    { do: 'ask-agent', ms: 60_000 },
    { do: 'go', to: 11 },
    { do: 'end' },
  ],
} satisfies Partial<Plan>

/** Resolves when a line that begins so was told so many times. */
function told(log: SessionLog, begin: string, times = 1): Promise<void> {
  const isTold = () => log.lines.filter((line) => line.startsWith(begin)).length >= times
  return until(isTold, `${begin}, ${times} times`, 60_000).catch((thrown: Error) => {
    throw new Error(`${thrown.message}; told: ${log.lines.join(', ')}`)
  })
}

type What = Extract<Parameters<Payer['ask']>[0], { do: 'press' }>['what']
const press = (what: What, ...after: number[]) => payer.ask({ do: 'press', what, how: 'event', after })

/** Keys the account twice and says yes to what is read back. @param times how often it has been asked for by then. */
async function keyAccount(log: SessionLog, times: number): Promise<void> {
  const read = log.lines.filter((line) => line === 'confirming 1').length
  await press('account', TERMINATOR)
  await told(log, 'asking 1', times + 1)
  await press('account', TERMINATOR)
  await told(log, 'confirming 1', read + 1)
}

async function over(log: SessionLog): Promise<void> {
  await told(log, 'returned')
  log.back?.handle.close()
  await payer.ask({ do: 'close' })
}

async function nothingIsLeft(t: { same(a: unknown, b: unknown, what: string): boolean }): Promise<void> {
  await aMoment(pool.processIds)
  for (const pid of [...pool.processIds, process.pid]) {
    t.same((await payer.ask({ do: 'scan', pid })).found, [], pid === process.pid ? 'in control' : 'in the vault')
  }
}

t.test('a flow goes through every kind of step, and is wiped', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard', flow)
  await payer.ask({ do: 'behave', behaviour: 'decline', echo: false })
  await told(log, 'began')
  await press('card-number', TERMINATOR)
  await told(log, 'taken 0')
  t.ok(log.lines.includes('progress 0 16'), 'the keys that came while something was said count')

  await told(log, 'asking 1')
  await press('nothing', MORE_TIME)
  await told(log, 'more time 1 0')
  await press('account', TERMINATOR)
  await told(log, 'asking 1', 2)
  await press('half-account', TERMINATOR)
  await told(log, 'refused 1 input-matching-failed')
  await told(log, 'asking 1 2/3')
  await keyAccount(log, 3)
  await press('nothing', CLEAR)
  await told(log, 'refused 1 not-confirmed')
  await told(log, 'asking 1 3/3')
  await keyAccount(log, 5)
  await press('nothing', TERMINATOR)
  await told(log, 'taken 1')

  await told(log, 'asking 2')
  await press('security-code')
  await told(log, 'answered declined')
  await told(log, 'asking 2', 2)
  await press('security-code')
  await told(log, 'submitting 2')
  await told(log, 'waiting 60000')

  await payer.ask({ do: 'behave', behaviour: 'accept', echo: false })
  session.order({ what: 'again', fields: [0] })
  await told(log, 'asking 0', 2)
  await press('card-number')
  await told(log, 'asking 2', 3)
  await press('security-code')
  await told(log, 'submitting 3')
  await told(log, 'wiped')
  t.match(log.outcome, { result: 'accepted', brand: 'mastercard', lastFour: /^\d{4}$/ })
  const text = `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="customer name" value="Joe Smith" />\n<param name="card" value="{card}" />\n<param name="account" value="{account}" />\n<param name="code" value="{code}" />\n</params>\n`
  t.same(
    await payer.ask({ do: 'compare-text', text }),
    { same: true, requests: 3 },
    'the last request is right to the octet',
  )
  t.notOk(
    log.lines.some((line) => /^progress 2 [2-9]/.test(line)),
    'of the code it is told only that something was keyed',
  )
  await over(log)
  t.ok((await payer.ask({ do: 'scan-self' })).found?.length, 'what is planted is found')
  await nothingIsLeft(t)
})

t.test('the agent may have a field keyed again in the middle of another', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard', flow)
  await told(log, 'began')
  await press('card-number')
  await told(log, 'asking 1')
  await press('half-account')
  await told(log, 'progress 1 6')
  session.order({ what: 'again', fields: [2] })
  session.order({ what: 'again', fields: [0] })
  await told(log, 'asking 0', 2)
  t.notOk(log.lines.includes('asking 2 1/3'), 'what was never asked for is not asked for again')
  await press('card-number')
  await told(log, 'taken 0', 2)
  await told(log, 'asking 1', 2)
  await keyAccount(log, 2)
  await press('nothing', TERMINATOR)
  await told(log, 'taken 1')
  session.order({ what: 'again-all' })
  await told(log, 'asking 0', 3)
  session.stop('cancelled', true)
  await told(log, 'wiped')
  t.same(log.outcome, { result: 'failed', reason: 'cancelled' })
  await over(log)
  await nothingIsLeft(t)
})

t.test('a caller who wants the agent gets him', async (t) => {
  const steps = flow.steps.filter((_, at) => at >= 3)
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard', {
    fields: flow.fields,
    steps: [...steps.slice(0, 2), { do: 'end' }],
  })
  await told(log, 'asking 1')
  await press('half-account', CLEAR)
  await told(log, 'progress 1 0')
  await press('nothing', ESCAPE)
  await told(log, 'wiped')
  t.same(log.outcome, { result: 'failed', reason: 'escaped' })
  t.ok(log.lines.indexOf('wiped failed') < log.lines.indexOf('returned') || !log.lines.includes('returned'))
  await over(log)
  await nothingIsLeft(t)
})

t.test('a session is out of time while an entry is read back, and is wiped', async (t) => {
  // Keyed once: a third of the time, and a busy machine may take twice as long.
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard', {
    fields: [fieldOf('account-number', { name: 'account', readBack: 'all' })],
    steps: [{ do: 'collect', field: 0 }, { do: 'end' }],
    sessionMs: 8000,
  })
  await told(log, 'asking 0')
  await press('account', TERMINATOR)
  await told(log, 'confirming 0')
  await told(log, 'wiped')
  t.same(log.outcome, { result: 'failed', reason: 'session-timeout' })
  await over(log)
  await nothingIsLeft(t)
})

t.test('a flow without a verdict says so', async (t) => {
  const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard', {
    steps: [{ do: 'say', clips: ['welcome'], bargeIn: false }, { do: 'end' }],
  })
  await told(log, 'wiped')
  t.same(log.outcome, { result: 'failed', reason: 'not-validated' })
  await over(log)
})

t.test('a plan that cannot be carried out gives the line back before anything is said', async (t) => {
  const bad: readonly [string, Partial<Plan>][] = [
    ['internal-error', { steps: [{ do: 'go', to: 7 }] }],
    ['prompts-missing', { steps: [{ do: 'say', clips: ['not-there'], bargeIn: true }, { do: 'end' }] }],
  ]
  for (const [reason, change] of bad) {
    const { log } = await beginSession(pool, payer, 'PCMA', 'mastercard', change)
    await told(log, 'returned')
    t.same(log.outcome, { result: 'failed', reason })
    t.notOk(log.lines.includes('began'))
    await over(log)
  }
})

t.test('a clip that the first language lacks is said in the next', async (t) => {
  const { log, session } = await beginSession(pool, payer, 'PCMA', 'mastercard', { locales: ['xx', 'en'] })
  await told(log, 'asking 0')
  await press('card-number')
  await told(log, 'taken 0')
  session.stop('agent-hung-up', true)
  await told(log, 'wiped')
  t.same(log.outcome, { result: 'failed', reason: 'agent-hung-up' })
  await over(log)
})
