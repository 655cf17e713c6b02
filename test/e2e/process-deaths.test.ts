/**
 * Processes killed and stopped in the middle of calls. Every failure falls towards silence: what was apart stays apart, both people are
 * told or reconnected within two seconds, and the next session works.
 */

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { longestGapMs } from '../../src/demo/stream-seams.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause, until } from '../../src/demo/waiting.ts'
import { CANARY, type Sotto, startSotto } from '../peers/sotto.ts'
import {
  AGENT_HUM_HZ,
  checkClean,
  checkParted,
  dial,
  hearEachOther,
  type Session,
  type Talk,
  talk,
} from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(300_000)

/** Both people are told or reconnected. */
const TOLD_MS = 2000
const NEW_SESSION_MS = 5000
/** A second of silence, and the time to the next look. */
const DETECTED_MS = 1300
const ORPHANS_MS = 2000
/** Sound needs nothing of control. */
const STOPPED_GAP_MS = 60

async function stage(t: Test): Promise<{ sotto: Sotto; validation: ValidationPeer; talking: Talk }> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
  })
  return { sotto, validation, talking: await talk(t, sotto) }
}

/** Sends a signal to the only process of a role. @returns its id. */
function strike(sotto: Sotto, role: 'media' | 'vault', signal: 'SIGKILL' | 'SIGSTOP'): number {
  const [pid, ...more] = sotto.processes()[role]
  if (pid === undefined || more.length > 0) throw new Error(`not one ${role} process`)
  process.kill(pid, signal)
  return pid
}

/** Asks for a session until there is one. @returns it, and how long that took since `fromMs`. */
async function nextSession(talking: Talk, fromMs: number): Promise<{ session: Session; tookMs: number }> {
  const endMs = fromMs + NEW_SESSION_MS + 2000
  for (;;) {
    const session = await talking.secure().catch((error: unknown) => {
      if (performance.now() > endMs) throw error
      return undefined
    })
    if (session !== undefined) return { session, tookMs: performance.now() - fromMs }
    await pause(50)
  }
}

/** After the vault's death both are reconnected in time, having heard nothing of each other before. */
async function checkReconnected(t: Test, talking: Talk, session: Session, killedMs: number): Promise<void> {
  const rejoined = await session.event('secure.rejoined', 5000)
  const tookMs = talking.sotto.whenMs(rejoined) - killedMs
  t.ok(tookMs < TOLD_MS, `rejoined ${tookMs.toFixed(0)} ms after the kill, limit ${TOLD_MS} ms`)
  await hearEachOther(t, talking)
  await checkParted(t, talking, session)
}

t.test('the vault is killed', async (t) => {
  const { sotto, validation, talking } = await stage(t)
  const lost = { result: 'failed', reason: 'vault-lost' }
  let session = await talking.secure()

  const inState = async (
    t: Test,
    state: string,
    outcome: TimelineEvent['outcome'],
    reach: (session: Session) => Promise<unknown>,
  ): Promise<void> => {
    await t.test(state, async (t) => {
      await reach(session)
      const killedMs = performance.now()
      const pid = strike(sotto, 'vault', 'SIGKILL')
      await checkReconnected(t, talking, session, killedMs)
      const ended = await session.event('secure.ended')
      t.strictSame(ended['outcome'], outcome)
      const next = await nextSession(talking, killedMs)
      t.ok(next.tookMs < NEW_SESSION_MS, `a new session ${next.tookMs.toFixed(0)} ms after the kill`)
      t.notOk(sotto.processes().vault.includes(pid), 'in a new process')
      session = next.session
    })
  }

  await inState(t, 'while the socket is on its way to it', lost, (session) => session.event('secure.parted'))
  await inState(t, 'while it asks', lost, (session) => session.asked(0))
  await inState(t, 'with 8 of 16 digits keyed', lost, async (session) => {
    await session.asked(0)
    await talking.key(CANARY.slice(0, 8))
    await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
  })
  // The service has read the request: nobody is told to try again.
  const unanswered = { result: 'failed', reason: 'validation-timed-out' }
  await inState(t, 'while it waits for the validation service', unanswered, async (session) => {
    validation.behave('hang')
    await session.enter(CANARY)
    await session.event('secure.submitting')
    await until(() => validation.requests.length === 1, 'the request')
  })
  const accepted = { result: 'accepted', details: 'That number was good', brand: 'discover', lastFour: '9424' }
  await inState(t, 'while it tells the outcome', accepted, async (session) => {
    validation.behave('accept')
    await session.enter(CANARY)
    await session.event('secure.wiped')
    await pause(500)
  })
  await t.test('and the session after all this ends well', async (t) => {
    await session.enter(CANARY)
    const ended = await session.event('secure.ended', 30_000)
    t.match(ended['outcome'], { result: 'accepted' })
    await hearEachOther(t, talking)
    await checkParted(t, talking, session)
  })
  t.equal(validation.requests.length, 3, 'nothing was sent twice')
  await checkClean(t, sotto)
})

t.test('the vault is stopped for 3 s with 8 of 16 digits keyed', async (t) => {
  const { sotto, talking } = await stage(t)
  const session = await talking.secure()
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
  const stoppedMs = performance.now()
  const pid = strike(sotto, 'vault', 'SIGSTOP')
  const lost = await session.event('secure.vault-lost')
  const detectedMs = sotto.whenMs(lost) - stoppedMs
  t.ok(detectedMs < DETECTED_MS, `detected after ${detectedMs.toFixed(0)} ms, limit ${DETECTED_MS} ms`)
  await checkReconnected(t, talking, session, stoppedMs)
  t.strictSame((await session.event('secure.ended'))['outcome'], { result: 'failed', reason: 'vault-lost' })
  await pause(Math.max(0, stoppedMs + 3000 - performance.now()))
  t.throws(() => process.kill(pid, 'SIGCONT'), { code: 'ESRCH' }, 'it is dead: there is nothing left to go on')
  const next = await nextSession(talking, stoppedMs)
  t.ok(next.tookMs < NEW_SESSION_MS, `a new session ${next.tookMs.toFixed(0)} ms after the stop`)
  await next.session.asked(0)
  await checkClean(t, sotto)
})

t.test('media is killed with one call talking and one keying', async (t) => {
  const { sotto, talking } = await stage(t)
  const other = await talk(t, sotto, { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' })
  const session = await other.secure()
  await session.asked(0)
  await other.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
  const killedMs = performance.now()
  const from = sotto.events.length
  strike(sotto, 'media', 'SIGKILL')
  for (const [call, what] of [
    [talking, 'the call that talked'],
    [other, 'the call that keyed'],
  ] as const) {
    const over = await call.over()
    t.equal(over['ending'], 'media-lost', `${what} ended`)
    const tookMs = sotto.whenMs(over) - killedMs
    t.ok(tookMs < TOLD_MS, `both in ${what} are told after ${tookMs.toFixed(0)} ms`)
    for (const phone of [call.caller, call.agent]) {
      await until(() => !phone.signalling.inCall, 'the phone is released', TOLD_MS)
      t.match(phone.signalling.byeReason, /^(SIP|Q\.850);cause=\d+/, 'with a reason')
    }
  }
  t.ok(
    session.events().some(({ type }) => type === 'secure.wiped'),
    'the entry was wiped',
  )
  const again = await (async () => {
    for (;;) {
      const call = await dial(sotto, talking.caller, talking.agent, '100', from).catch((error: unknown) => {
        if (performance.now() - killedMs > NEW_SESSION_MS) throw error
        return undefined
      })
      if (call !== undefined) return call
      await pause(100)
    }
  })()
  await hearEachOther(t, again, 'in a new call, caller and agent')
  const tookMs = performance.now() - killedMs
  t.ok(tookMs < NEW_SESSION_MS, `new calls work ${tookMs.toFixed(0)} ms after the kill`)
  const next = await again.secure()
  await next.enter(CANARY)
  t.match((await next.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, again)
  await checkClean(t, sotto)
})

t.test('control is stopped for 3 s, and goes on', async (t) => {
  const { sotto, talking } = await stage(t)
  const other = await talk(t, sotto, { agent: { user: 'agent-2', password: 'agent-password-2' }, number: '101' })
  const session = await other.secure()
  await session.asked(0)
  await other.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
  const before = sotto.processes()
  const from = talking.agent.sound.heard.length
  const holdUps = watchHoldUps(() => before.media)
  t.teardown(() => holdUps.close())
  process.kill(before.control, 'SIGSTOP')
  await pause(3000)
  process.kill(before.control, 'SIGCONT')
  await pause(1000)
  // Measured before anything is judged here: this process hears nothing while it counts.
  const gapMs = longestGapMs(talking.agent.sound.heard, from, holdUps.heldMs)
  t.ok(gapMs < STOPPED_GAP_MS, `the other call: longest gap ${gapMs.toFixed(0)} ms, limit ${STOPPED_GAP_MS} ms`)
  await other.key(`${CANARY.slice(8)}#`)
  await session.enterRest()
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, other)
  await checkParted(t, other, session)
  await hearEachOther(t, talking)
  t.strictSame(sotto.processes(), before, 'media and vault were not taken for dead')
  await checkClean(t, sotto)
})

t.test('control is killed while the caller keys', async (t) => {
  const { sotto, talking } = await stage(t)
  const session = await talking.secure()
  await session.asked(0)
  await talking.key(CANARY.slice(0, 8))
  await session.event('secure.progress', 2000, ({ keys }) => keys === 8)
  const { control, media, vault } = sotto.processes()
  const orphans = [...media, ...vault]
  t.equal(orphans.length, 2)
  const killedMs = performance.now()
  process.kill(control, 'SIGKILL')
  await until(() => !orphans.some(isAlive), 'media and vault end by themselves', ORPHANS_MS)
  t.pass(`media and vault ended ${(performance.now() - killedMs).toFixed(0)} ms after control`)
  t.ok(talking.caller.sound.levelOf(AGENT_HUM_HZ, 1000) < -25, 'the caller never heard the agent again')
  t.equal(await sotto.server.exited, -1)
})

/** An ended process that nobody has asked about yet is a zombie: it holds no memory and runs no more. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
