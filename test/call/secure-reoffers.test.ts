/** Re-INVITEs while the caller is in the vault: answered on their own leg, without touching the isolation. */

import t from 'tap'
import { ACCEPTED, callBench, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia, phoneReoffer } from '../peers/phone-media.ts'
import { isRejoined } from '../peers/secure-verdict.ts'

t.test("a refresh of the caller's session is answered without touching the isolation", async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const lines = bench.journal.length
  const same = call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)))
  t.match(same.accepted ?? '', new RegExp(`m=audio ${call.callerPort.rtpPort} RTP/AVP 8 101`))
  t.ok(call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)), 'UPDATE').accepted)
  await settle()
  t.same(bench.journal.slice(lines), [], 'nobody was told anything')
})

const changes: readonly (readonly [says: string, body: string, status: number])[] = [
  ['holds', phoneReoffer(phoneMedia(4000), 'sendonly'), 491],
  ['holds in the old way', phoneReoffer({ ...phoneMedia(4000), address: '0.0.0.0' }), 491],
  ['changes its codec', phoneReoffer(phoneMedia(4000, ['PCMU'])), 491],
  ['takes its stream away', phoneReoffer(phoneMedia(4000)).replace('m=audio 4000', 'm=audio 0'), 488],
]
for (const [says, body, status] of changes) {
  t.test(`a caller that ${says} during the session is asked to try again: ${status}`, async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    t.equal(call.caller.reofferFromFarEnd(body).rejected, status)
    t.match(bench.calls.get(call.callId), { state: 'secure' })
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    isRejoined(t, bench, call)
    if (status === 491) t.ok(call.caller.reofferFromFarEnd(body).accepted, 'and succeeds afterwards')
  })
}

t.test(
  'a caller that moves during the session is followed by the vault at once, and by the media process afterwards',
  async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    const streams = call.callerPort.streams.length
    // From another network: its signalling, too, and a NAT may be before its sound.
    Object.assign(call.caller.peer, { address: '198.51.100.77' })
    t.ok(call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4242))).accepted)
    const remote = { address: '192.0.2.7', rtpPort: 4242 }
    t.match(bench.vault.last.news, [{ type: 'moved', remote, signalledFrom: '198.51.100.77' }])
    t.equal(call.callerPort.streams.length, streams, 'the port is away')
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    t.match(call.callerPort.terms, { remote: { rtpPort: 4242 } })
    isRejoined(t, bench, call)
  },
)

t.test('a caller that asks for an offer during the session gets the terms that stand', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const asked = call.caller.reofferFromFarEnd(undefined)
  t.match(
    asked.accepted ?? '',
    new RegExp(`m=audio ${call.callerPort.rtpPort} RTP/AVP 8 101`),
    'one codec, the one in use',
  )
  const streams = call.callerPort.streams.length
  call.caller.ack(phoneReoffer(phoneMedia(4242)))
  t.match(
    bench.vault.last.news,
    [{ type: 'moved', remote: { address: '192.0.2.7', rtpPort: 4242 } }],
    'and is followed',
  )
  t.equal(call.callerPort.streams.length, streams, 'the port is away')
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(call.callerPort.terms, { remote: { rtpPort: 4242 } }, 'what the ACK changed is done afterwards')
  isRejoined(t, bench, call)
})

t.test('a caller whose ACK puts us on hold, which nobody can refuse, stays where he is until afterwards', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  for (const body of [
    phoneReoffer(phoneMedia(4000), 'inactive'),
    phoneReoffer({ ...phoneMedia(4000), address: '0.0.0.0' }, 'sendrecv', 3),
  ]) {
    call.caller.reofferFromFarEnd(undefined)
    call.caller.ack(body)
  }
  t.same(bench.vault.last.news, [])
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.match(bench.calls.get(call.callId), { state: 'bridged', callerLeg: { held: true } })
})

t.test("the agent's phone may hold during the session, and hears no caller for it", async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  t.ok(call.agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'inactive')).accepted)
  await settle()
  t.same(bench.media.hears.get(call.agentPort.portId), { kind: 'hold-music' })
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  t.same(bench.media.hears.get(call.callerPort.portId), { kind: 'hold-music' }, 'the agent still holds')
  call.agent.reofferFromFarEnd(phoneReoffer(phoneMedia(5000), 'sendrecv', 3))
  await settle()
  t.same(bench.media.hears.get(call.callerPort.portId), { kind: 'port', portId: 'port2' })
  t.same(bench.breaches, [])
})

t.test(
  'our re-INVITE meets one of the caller: what it says when it goes out again is newer than our answer',
  async (t) => {
    const bench = callBench()
    const call = await bench.secure()
    const said: (string | undefined)[] = []
    call.caller.reofferAnswer = (body, again) => {
      const theirs = call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'sendonly'))
      said.push(body, theirs.accepted, again())
      return { result: 'answered', body: phoneAnswer(said[2] ?? '', { ...phoneMedia(4000), version: 3 }) }
    }
    bench.vault.last.lost()
    await settle()
    const [first, answer, last] = said.map((body) => Number(/^o=\S+ \S+ (\d+) /m.exec(body ?? '')?.[1]))
    t.ok(Number(first) <= Number(answer) && Number(answer) < Number(last), `${first}, ${answer}, ${last}`)
    t.match(said[2] ?? '', new RegExp(`m=audio ${call.callerPort.rtpPort} `))
    isRejoined(t, bench, call)
  },
)

t.test('the answer to a session refresh of ours counts: a caller who moved is followed', async (t) => {
  const bench = callBench()
  const { caller, callerPort } = await bench.bridged()
  const offer = caller.refreshOffer ?? ''
  t.match(offer, new RegExp(`m=audio ${callerPort.rtpPort} RTP/AVP 8 101`))
  caller.ack(phoneAnswer(offer, phoneMedia(4242)))
  await settle()
  t.match(callerPort.terms, { remote: { rtpPort: 4242 } })
})

t.test('our re-INVITE meets one of the caller: the one on the way is answered with the new port', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  const { promise, resolve } = Promise.withResolvers<void>()
  call.caller.reofferAnswer = async (body) => {
    await promise
    return { result: 'answered', body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }) }
  }
  bench.vault.last.lost()
  await settle()
  const crossed = call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000)))
  t.match(crossed.accepted ?? '', new RegExp(`m=audio ${call.callerPort.rtpPort} `))
  resolve()
  await settle()
  isRejoined(t, bench, call)
})
