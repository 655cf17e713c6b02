/** The same capture gives the same session, octet for octet, and prints no digit unasked. */

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { canonical } from '../../src/audit/canonical.ts'
import { readLine } from '../../src/audit/seal.ts'
import { digestOf } from '../../src/base/digest.ts'
import { type ReplaySessionArgs, replaySession } from '../../src/cli/replay-session.ts'
import { FLOWS, GOLDEN_CASES, type GoldenCase, replayed } from '../replay/golden-cases.ts'

for (const one of GOLDEN_CASES) {
  t.test(one.name, async (t) => {
    const first = await replayed(one)
    t.equal(await replayed(one), first, 'twice the same')
    t.equal(
      first,
      await readFile(one.golden, 'utf8'),
      'run node scripts/make-replay-goldens.ts, and look at the difference',
    )
    t.notMatch(first, /"key":"[0-9*#A-D]"/)
    t.notMatch(first, /4111|"1111"/)
    t.doesNotThrow(() => JSON.parse(first))
    t.same(auditFlaws(first), [])
  })
}

type Line = { what: string; outcome?: { result: string; reason?: string }; counts?: { received: number } }

/** @returns what the records in an output say otherwise than its log, or are otherwise than they should be. */
function auditFlaws(output: string): string[] {
  const { audit, log, session } = JSON.parse(output)
  const lines = output.split('\n').flatMap((line) => /^ {4}(\{"record":.*\}),?$/.exec(line)?.[1] ?? [])
  const [opened, closed] = audit.records.map(({ record }: { record: { body: object } }) => record)
  const { facts } = closed.body
  const wiped = log.find(({ what }: Line) => what === 'wiped')?.outcome
  const holds: Record<string, boolean> = {
    'two records': lines.length === 2 && audit.records.length === 2,
    'the octets are canonical': lines.every((line) => canonical(JSON.parse(line)) === line),
    'the digests are those of the octets': String(lines.map(digestOf)) === String(audit.digests),
    'the closing names the opening': closed.previous === audit.digests[0] && opened.number + 1 === closed.number,
    'signed by nobody': audit.records.every((one: object) => String(Object.keys(one)) === 'record,replay'),
    'a flow': `${opened.body.flow.id}@${opened.body.flow.version}` === session.flow,
    'an ending': closed.body.ending === (session.ended ? 'ended' : 'interrupted'),
    'an outcome': facts.outcome.result === wiped.result && facts.outcome.reason === wiped.reason,
    'what the vault counted':
      facts.callerLeg.vaultReceived === log.find(({ what }: Line) => what === 'returned').counts.received,
    'wiped after the first prompt': facts.wipe.ms >= facts.firstPromptMs && facts.wipe.ms <= facts.durationMs,
    'every request': (facts.verdict?.submissions ?? 0) === log.filter(({ what }: Line) => what === 'submitting').length,
    'every refusal': facts.entriesRefused === log.filter(({ what }: Line) => what === 'refused').length,
    "a node's record would refuse it": lines.every((line) => readLine(line, undefined) === 'not-a-record'),
  }
  return Object.keys(holds).filter((name) => holds[name] !== true)
}

const named = (wanted: string) => GOLDEN_CASES.find(({ name }) => name === wanted) as GoldenCase
const byEvents = named('a card by events')

type Log = { what: string; key?: string; outcome?: { result: string; lastFour?: string; reason?: string } }[]

async function logOf(one: GoldenCase, options: Partial<ReplaySessionArgs>): Promise<Log> {
  return JSON.parse(await replayed({ ...one, options: { ...one.options, ...options } })).log
}

/** Up to the wipe: a keypad that was wiped knows the packets of an old press no more, and nobody asks for keys any more. */
const keysOf = (log: Log): string => {
  const wiped = log.findIndex(({ what }) => what === 'wiped')
  return log
    .slice(0, wiped < 0 ? log.length : wiped)
    .flatMap(({ key }) => key ?? [])
    .join('')
}
const outcomeOf = (log: Log) => log.find(({ what }) => what === 'wiped')?.outcome

t.test('the operator may ask for the digits', async (t) => {
  const others = [
    'a card by tones',
    'a card by INFO',
    'a card by INFO alone',
    'a card by redundant events of another clock',
  ]
  for (const one of [byEvents, ...others.map(named)]) {
    const log = await logOf(one, { showDigits: true })
    t.match(keysOf(log), /^4111111111111111#1230#123#?$/, one.name)
    t.match(outcomeOf(log), { result: 'accepted', lastFour: '1111' })
  }
})

t.test('on a worse network every key is told once, with every seed', async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const impair = `loss=10,duplicates=5,reordering=5,jitter=60,seed=${seed}`
    t.match(keysOf(await logOf(byEvents, { showDigits: true, impair })), /^4111111111111111#1230#123#?$/, impair)
    const worse = `loss=20,bursts=5,burst=3,duplicates=5,reordering=5,jitter=60,seed=${seed}`
    const outcome = outcomeOf(await logOf(byEvents, { showDigits: true, impair: worse }))
    t.ok(outcome?.result === 'failed' || outcome?.lastFour === '1111', `${worse}: never another number`)
  }
})

t.test('one seed is not another', async (t) => {
  const [one, same, other] = await Promise.all(
    [1, 1, 2].map((seed) => replayed({ ...byEvents, options: { impair: `loss=20,jitter=60,seed=${seed}` } })),
  )
  t.equal(one, same)
  t.not(one, other)
})

t.test('the longest session there is has its end, with sentences of minutes and a caller who has gone', async (t) => {
  const options = { beginSeconds: 60, promptMs: 600_000 }
  const { session, log } = JSON.parse(await replayed({ ...byEvents, options }))
  t.same(outcomeOf(log), { result: 'failed', reason: 'session-timeout' })
  t.ok(session.ended)
})

t.test('text for people', async (t) => {
  const text = await replayed({ ...byEvents, options: { json: false } })
  t.match(text, /^PCMA, 156 of 156 packets heard; the service's verdict: accepted$/m)
  t.match(text, /^ {5}0\.400 s {2}key +key •$/m)
  t.match(text, /^audit record, signed by nobody: opened [\w-]{43}, closed [\w-]{43}$/m)
  t.match(text, /the session ended\n$/)
})

t.test('what cannot be replayed', async (t) => {
  const run = async (file: string, impair?: string, flow = 'card-payment') => {
    const lines: string[] = []
    const code = await replaySession(
      {
        file,
        impair,
        stream: undefined,
        flow,
        flowsScope: FLOWS,
        verdict: 'accepted',
        beginSeconds: undefined,
        promptMs: 1000,
        showDigits: false,
        json: false,
      },
      (line) => lines.push(line),
    )
    return { code, text: lines.join('\n') }
  }
  const captures = new URL('../fixtures/captures/', import.meta.url).pathname
  t.match(await run('/nowhere.pcap'), { code: 1, text: 'cannot be read' })
  t.match(await run(`${captures}stun_dtls_rtp.pcapng`), { code: 1, text: 'No stream of the capture can be played' })
  for (const bad of ['loss', 'loss=200', 'wind=3', 'seed=1.5', 'loss=-1']) {
    t.match(await run(`${captures}dtmf_2833_5.pcap`, bad), { code: 2, text: '--impair is a list' }, bad)
  }
  for (const flow of ['card-payment@99', 'no-such-flow', 'Not a flow']) {
    t.match(
      await run(`${captures}dtmf_2833_5.pcap`, undefined, flow),
      { code: 2, text: /^.+: There is no such flow/ },
      flow,
    )
  }
})
