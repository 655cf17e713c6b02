/** Keys by SIP INFO: the caller's go sealed to the vault of a running session and nowhere else, the agent's are feature codes. */

import t from 'tap'
import type { SealedKey } from '../../src/base/info-key.ts'
import { ACCEPTED, callBench, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'

const sealed = (octet: number): SealedKey => new Map([[1, Uint8Array.of(octet)]])

t.test('a caller is heard from the hand-over to the return, and only by the vault', async (t) => {
  const bench = callBench()
  const bridged = await bench.bridged()
  bridged.caller.keyFromFarEnd(1, sealed(1))
  t.equal(bridged.caller.keyHearing, 'not', 'nobody asked for his keys')
  await bench.calls.startSecureSession(bridged.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  t.equal(bridged.caller.keyHearing, 'sealed')
  bench.vault.last.began()
  bridged.caller.keyFromFarEnd(2, sealed(2))
  bridged.caller.keyFromFarEnd(3, sealed(3))
  t.same(
    bench.vault.last.news,
    [2, 3].map((octet) => ({ type: 'key', sealed: sealed(octet) })),
  )
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.equal(bridged.caller.keyHearing, 'not')
  bridged.caller.keyFromFarEnd(4, sealed(4))
  t.equal(bench.vault.last.news.length, 2)
})

t.test('a caller whose vault died is not heard any more', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  t.equal(call.caller.keyHearing, 'sealed')
  bench.vault.last.lost()
  await settle()
  t.equal(call.caller.keyHearing, 'not')
})

t.test('an agent whose leg was repaired after a session is heard again ten seconds later', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      bench.clock.step(50)
      await settle()
    }
  }
  call.agentPort.packetsReceived += 500
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  await pass(1000)
  t.equal(call.agent.reoffers.length, 1, 'repaired, since nothing came of it any more')
  t.equal(call.agent.keyHearing, 'not')
  await pass(10_000)
  t.equal(call.agent.keyHearing, 'plain')
  for (const code of [10, 7, 1]) call.agent.keyFromFarEnd(code, sealed(code))
  await settle()
  t.equal(bench.vault.sessions.length, 2, 'and may start another one')
})

t.test(
  'a caller whose leg was renewed twice, and then goes to the next vault, is heard there all the time',
  async (t) => {
    const bench = callBench()
    const call = await bench.bridged()
    call.callerPort.packetsReceived = 500
    call.caller.reofferAnswer = (body) => ({
      result: 'answered',
      body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }),
    })
    const start = async () => {
      await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
      await settle()
      bench.vault.last.began()
    }
    await start()
    bench.vault.last.lost()
    await settle()
    for (let passed = 0; passed < 1000; passed += 50) {
      bench.clock.step(50)
      await settle()
    }
    t.equal(call.caller.reoffers.length, 2, 'once for the vault that died, and once since nothing came of him')
    await start()
    t.equal(call.caller.keyHearing, 'sealed')
    bench.clock.step(20_000)
    await settle()
    t.equal(call.caller.keyHearing, 'sealed')
  },
)

t.test("an agent's keys by INFO are a feature code like those in the sound", async (t) => {
  const bench = callBench()
  const bridged = await bench.bridged()
  t.equal(bridged.agent.keyHearing, 'plain')
  for (const code of [10, 7, 1]) bridged.agent.keyFromFarEnd(code, sealed(code))
  await settle()
  t.equal(bench.vault.sessions.length, 1, 'the session has begun')
  bench.vault.last.began()
  bridged.agent.keyFromFarEnd(5, sealed(5))
  await settle()
  t.same(bench.vault.last.news, [], 'what the agent keys meanwhile goes to no vault')
})
