/** TERM with calls up: new ones are refused at once, running sessions finish, and a second TERM cuts cleanly. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { until } from '../../src/demo/waiting.ts'
import { CANARY, type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, checkParted, hearEachOther, type Session, type Talk, talk } from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

const REFUSED_MS = 100
const DRAIN_SECONDS = 60
/** From the second TERM to the end of the process. */
const CUT_MS = 5000

type Stage = {
  readonly sotto: Sotto
  readonly validation: ValidationPeer
  readonly talks: readonly Talk[]
  readonly keying: Talk
  readonly session: Session
}

/** Two calls, one of them in a secure session with half of the card number keyed. */
async function stage(t: Test): Promise<Stage> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: ['interDigitSeconds: 120'],
    drainSeconds: DRAIN_SECONDS,
  })
  const talking = await talk(t, sotto)
  const agent = { user: 'agent-2', password: 'agent-password-2' }
  const keying = await talk(t, sotto, { agent, number: '101' })
  const session = await keying.secure()
  await session.asked(0)
  await keying.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 10_000, ({ keys }) => keys === 8)
  return { sotto, validation, talks: [talking, keying], keying, session }
}

/** The answer to an INVITE from the trunk, and how long it took. */
async function invite(sotto: Sotto): Promise<{ status: number; head: string; tookMs: number }> {
  const { control } = sotto.processes()
  const holdUps = watchHoldUps(() => [control])
  const socket = createSocket('udp4')
  socket.bind(0, TRUNK_ADDRESS)
  await once(socket, 'listening')
  const { port } = socket.address()
  const request = [
    `INVITE sip:100@127.0.0.1:${sotto.sipPort} SIP/2.0`,
    `Via: SIP/2.0/UDP ${TRUNK_ADDRESS}:${port};branch=z9hG4bK-drain-${port}`,
    'Max-Forwards: 70',
    `From: <sip:late@${TRUNK_ADDRESS}>;tag=late`,
    'To: <sip:100@127.0.0.1>',
    `Call-ID: late-${port}@${TRUNK_ADDRESS}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:late@${TRUNK_ADDRESS}:${port}>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
  const sentMs = performance.now()
  socket.send(request, sotto.sipPort, '127.0.0.1')
  for (;;) {
    const [octets] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer]
    const head = octets.toString('latin1')
    const status = Number(head.split(' ')[1])
    if (status < 200) continue
    socket.close()
    const nowMs = performance.now()
    holdUps.close()
    return { status, head, tookMs: nowMs - sentMs - holdUps.heldMs(sentMs, nowMs) }
  }
}

t.test('TERM: running sessions finish', async (t) => {
  const { sotto, validation, talks, keying, session } = await stage(t)
  const termMs = performance.now()
  sotto.server.signal('SIGTERM')
  await sotto.logged(/control\.draining-began/)
  const refused = await invite(sotto)
  t.equal(refused.status, 503)
  t.match(refused.head, /^Retry-After: \d+/m)
  t.ok(refused.tookMs < REFUSED_MS, `refused after ${refused.tookMs.toFixed(0)} ms, limit ${REFUSED_MS} ms`)

  await keying.key(`${CANARY.slice(8)}#`)
  await session.enterRest()
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  t.equal(validation.requests.length, 1)
  await hearEachOther(t, keying)
  await checkParted(t, keying, session)
  const { status } = await sotto.startSecureSession(keying.callId)
  t.equal(status, 503, 'no new session begins')
  await checkClean(t, sotto)

  for (const talking of talks) await talking.caller.signalling.hangUp()
  t.equal(await sotto.server.exited, 0, 'it exits with 0')
  t.ok(performance.now() - termMs < DRAIN_SECONDS * 1000, 'within the drain limit')
  t.strictSame(sotto.searchFiles(), [])
})

t.test('a second TERM: cut, and clean', async (t) => {
  const { sotto, talks, keying, session } = await stage(t)
  const { media, vault } = sotto.processes()
  sotto.server.signal('SIGTERM')
  await sotto.logged(/control\.draining-began/)
  const secondMs = performance.now()
  sotto.server.signal('SIGTERM')
  t.equal(await sotto.server.exited, 0, 'it exits with 0')
  const tookMs = performance.now() - secondMs
  t.ok(tookMs < CUT_MS, `${tookMs.toFixed(0)} ms after the second TERM`)
  t.strictSame((await session.event('secure.wiped'))['outcome'], { result: 'failed', reason: 'shutting-down' })
  t.strictSame((await session.event('secure.ended'))['outcome'], { result: 'failed', reason: 'shutting-down' })
  await checkParted(t, keying, session)
  for (const talking of talks) {
    t.equal((await talking.over())['ending'], 'hung-up-by-us')
    for (const phone of [talking.caller, talking.agent])
      await until(() => !phone.signalling.inCall, 'the phone is told')
  }
  for (const pid of [...media, ...vault]) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'no orphan')
  t.strictSame(sotto.searchFiles(), [])
})
