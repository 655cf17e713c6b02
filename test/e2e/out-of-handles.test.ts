/**
 * Processes that may open no more files: new calls and sessions are refused with a cause, the call that runs goes on, and once there is room
 * everything is as it was.
 */

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { pause, until } from '../../src/demo/waiting.ts'
import { headerOf } from '../../src/sip/message.ts'
import { startAnsweringEnd, startHeldCalls } from '../peers/held-calls.ts'
import { shortPrompts } from '../peers/short-prompts.ts'
import { startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { checkClean, dial, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)
const ROOMY = 4096
/** As `ulimit -n 256` gives each process. */
const FEW = 256
const MOST_CALLS = 400

/** From now on a process may have so many. */
const limit = (pid: number, handles: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${handles}:`])
const handlesOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

t.test('out of handles', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: [shortPrompts(t.testdir({}))],
  })
  const talking = await talk(t, sotto)
  const agent = await sotto.agent({ user: 'agent-2', password: 'agent-password-2' })
  const caller = await sotto.caller({ user: '+4930999' })
  const { control, media } = sotto.processes()

  for (const pid of media) limit(pid, handlesOf(pid))
  await t.rejects(caller.call('101'), /503/, 'no port for its sound')
  await hearEachOther(t, talking)
  for (const pid of media) limit(pid, ROOMY)

  // The connection that the next request goes over stands.
  await sotto.server.request('GET', '/api/v1/status')
  limit(control, handlesOf(control) + 2)
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let at = 0; at < 20; at += 1) sockets.push(connect(sotto.sipPort, '127.0.0.1').on('error', () => {}))
  await until(() => sockets.some(({ destroyed }) => destroyed), 'connections are not taken')
  t.match(await sotto.startSecureSession(talking.callId), { status: 409, body: { code: 'secure.flow-not-usable' } })
  await hearEachOther(t, talking)
  limit(control, ROOMY)

  // The flow is read again, and was not remembered as one that cannot be used.
  const session = await talking.secure()
  await session.asked(0)
  await sotto.server.request('DELETE', `/api/v1/calls/${talking.callId}/secure-sessions/${session.sessionId}`)
  await session.event('secure.ended', 30_000)
  await hearEachOther(t, await dial(sotto, caller, agent, '101', sotto.events.length))
  await hearEachOther(t, talking)
  await checkClean(t, sotto)
})

t.test('256 handles for each process', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const far = await startAnsweringEnd()
  t.teardown(() => far.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    pbxUri: far.uri,
  })
  const { control, media, vault } = sotto.processes()
  for (const pid of [control, ...media, ...vault]) limit(pid, FEW)
  const talking = await talk(t, sotto)
  const held = await startHeldCalls(TRUNK_ADDRESS, sotto.sipPort)
  t.teardown(() => held.close())
  let refused = await held.begin()
  while (refused.status === 200 && held.standing < MOST_CALLS) refused = await held.begin()
  t.equal(refused.status, 503, `${held.standing} calls, and no more`)
  t.match(headerOf(refused, 'retry-after'), /^[1-9]/, 'to be tried again')
  t.match(sotto.log(), /"fault":"media\.no-descriptors"/, 'the log has the cause')
  // Whatever a process does once in a while without a handle left, it has done.
  await pause(2500)
  await hearEachOther(t, talking)
  await talking.caller.hold()
  await talking.caller.resume()
  await hearEachOther(t, talking)
  const most = held.standing
  await held.end(10)
  // Ports are bound for a while after a call, until nothing comes any more.
  const endMs = performance.now() + 60_000
  while (held.standing < most - 5 && performance.now() < endMs) await held.begin()
  t.ok(held.standing >= most - 5, 'calls are taken again')
  await held.end(held.standing)
  await hearEachOther(t, talking)
  t.strictSame(sotto.processes(), { control, media, vault }, 'no process was lost')
  t.notMatch(sotto.log(), /base\.internal/, 'nothing was unforeseen')
})
