/**
 * The wall clock of the server jumps by an hour, back, and by a day while callers key: no timer fires for it, phones stay registered, calls and
 * sessions go on, and the audit holds in its order.
 */

import { spawnSync } from 'node:child_process'
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import { pause } from '../../src/demo/waiting.ts'
import { makeAuthority } from '../peers/authority.ts'
import { shortPrompts } from '../peers/short-prompts.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, dial, hearEachOther, nextYearsEnd, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(240_000)

const CLI = resolve(import.meta.dirname, '../../src/cli.ts')
/** The same seconds in which a timer that goes by the wall clock would have fired at once. */
const CALM_MS = 500
const DAY_MS = 86_400_000
const LIMIT_MS = 20_000

/** Of Debian's package `faketime`, wherever this architecture has it. */
function fakeTimeLibrary(): string {
  const folder = readdirSync('/usr/lib').find((name) => /-linux-gnu/.test(name))
  return `/usr/lib/${folder}/faketime/libfaketime.so.1`
}

/** What has a server go by the clock in a file. */
function clockOf(file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: fakeTimeLibrary(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Timers go by this one, which no administrator and no time server sets.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}

/** At no moment is the file empty: the server reads it each time that it asks for the time. */
function setClock(file: string, offset: string): void {
  writeFileSync(`${file}.next`, `${offset}\n`)
  renameSync(`${file}.next`, file)
}

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`did not come: ${what}`)
    await pause(50)
  }
}

t.test('an hour on, an hour back, a day on', async (t) => {
  const folder = t.testdir({ prompts: {}, clock: '+0\n' })
  const clockFile = join(folder, 'clock')
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: [shortPrompts(join(folder, 'prompts'))],
    environment: clockOf(clockFile),
  })
  const talking = await talk(t, sotto)
  const session = await talking.secure()
  const keys = [CANARY, nextYearsEnd(), '123']
  for (const [field, offset] of (['+1h', '-1h', '+1d'] as const).entries()) {
    await session.asked(field)
    const all = keys[field] ?? ''
    await talking.key(all.slice(0, 2))
    setClock(clockFile, offset)
    await pause(CALM_MS)
    t.notOk(
      session.events().some(({ type }) => type === 'secure.wiped' || type === 'secure.ended'),
      `${offset}: nothing lapses`,
    )
    await talking.key(`${all.slice(2)}#`)
  }
  t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
  await hearEachOther(t, talking)
  const path = `/api/v1/calls/${talking.callId}/secure-sessions/${session.sessionId}`
  const view = async () => (await sotto.server.request('GET', path)).body as object
  await eventually(async () => 'auditClosed' in (await view()), 'the audit of the session is closed')
  await talking.caller.signalling.hangUp()
  const ended = await talking.over()
  t.ok(Number(ended['durationMs']) < 240_000, `it lasted ${ended['durationMs']} ms, whatever the wall clock says`)
  // The phone is registered for an hour, and still is.
  await dial(sotto, talking.caller, talking.agent, '100', sotto.events.length)

  const records = join(sotto.folder, 'var/audit')
  const { status, stdout } = spawnSync(process.execPath, [CLI, 'verify', records, '--running', '--json'], {
    encoding: 'utf8',
  })
  const verdict = JSON.parse(stdout) as { sound: boolean; findings: unknown[]; sessions: { ending: string }[] }
  t.equal(status, 0)
  t.strictSame(verdict.findings.length, 0, JSON.stringify(verdict.findings).slice(0, 400))
  t.strictSame(
    verdict.sessions.map(({ ending }) => ending),
    ['ended'],
  )
  // That the clock did jump: what is written for people says so.
  await eventually(async () => {
    const { body } = await sotto.server.request('GET', '/api/v1/call-history')
    const times = JSON.stringify(body).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []
    return times.some((time) => Date.parse(time) > Date.now() + DAY_MS / 2)
  }, 'a time in the history that is a day ahead')
  t.pass('the history goes by the wall clock')
  await checkClean(t, sotto)
})

t.test('certificates are judged by the new time', async (t) => {
  const folder = t.testdir({ clock: '+0\n' })
  const clockFile = join(folder, 'clock')
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  writeFileSync(join(folder, 'clients.pem'), authority.certificate)
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    tls: authority.issue(['DNS:sip.example.com']),
    tlsListener: `clientCertificates: required, caFile: "${folder}/clients.pem"`,
    environment: clockOf(clockFile),
  })
  // For a day, as the listener's own.
  const { certificate, key } = authority.issue(['DNS:client.example.com'])
  const isTaken = () =>
    new Promise<boolean>((done) => {
      const socket = connect({
        host: '127.0.0.1',
        port: sotto.tlsPort,
        rejectUnauthorized: false,
        cert: certificate,
        key,
      })
      // TLS 1.3: a client hears that it was refused when it has finished its own part.
      socket.on('secureConnect', () => socket.write('\r\n\r\n'))
      socket.on('data', () => socket.destroy())
      socket.once('error', () => done(false))
      socket.once('close', () => done(socket.bytesRead > 0 && socket.errored === null))
    })
  const listenerState = async () => {
    const { body } = await sotto.server.request('GET', '/api/v1/certificates')
    const rows = (body as { certificates: { of: string; state: string }[] }).certificates
    return rows.find(({ of }) => of === 'sip-listener')?.state
  }
  t.ok(await isTaken(), 'today')
  t.not(await listenerState(), 'expired')
  setClock(clockFile, '+25h')
  t.notOk(await isTaken(), 'a day and an hour on it has expired')
  t.equal(await listenerState(), 'expired', 'and so has our own, which is told')
  setClock(clockFile, '+0')
  t.ok(await isTaken(), 'and is good again when the clock is set right')
})
