/** Keys and suites of SRTP that change while a port is up. */

import t from 'tap'
import { memoryHandle } from '../peers/memory-udp.ts'
import { srtpEnd, srtpKeys } from '../peers/srtp-end.ts'
import { legs, SUITE, statsOf } from '../peers/srtp-legs.ts'
import { seamsOf } from '../peers/stepped-room.ts'

t.test('another key of the far end: packets under the old one are good until the new one is heard', async (t) => {
  const { stepped, caller, agent, keys, become } = await legs()
  caller.talking = true
  agent.talking = true
  stepped.step(1003)
  const second = srtpKeys(SUITE, 1, 9)
  const before = caller.heard().length
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: second }) })
  t.ok(
    keys.receiveMaster.every((octet) => octet === 0),
    'the old key was overwritten',
  )
  stepped.step(1000)
  t.match(await statsOf(stepped), { forged: 0, packetsLost: 0 }, 'the answer is on its way')
  const end = srtpEnd(second)
  become(end)
  stepped.step(1000)
  t.match(await statsOf(stepped), { forged: 0, packetsLost: 0 })
  t.ok(agent.level(620, 900) > -20, 'without a gap')
  become(srtpEnd(srtpKeys(SUITE)))
  stepped.step(200)
  t.equal((await statsOf(stepped)).forged, 10, 'the old key is over')
  const opener = srtpEnd(srtpKeys(SUITE, 1, 9))
  const plain = caller
    .heard()
    .slice(before)
    .map((sent) => ({ ...sent, octets: opener.open(sent.octets) ?? sent.octets }))
  t.same(seamsOf(plain), [], 'ours stays, and its stream goes on')
  t.ok(plain.every(({ octets }) => octets.length === 172))
})

t.test('a far end that never takes its new key into use is not heard for more than five seconds', async (t) => {
  const { stepped, caller } = await legs()
  caller.talking = true
  stepped.step(500)
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: srtpKeys(SUITE, 1, 9) }) })
  stepped.step(4900)
  t.equal((await statsOf(stepped)).forged, 0)
  stepped.step(1000)
  t.ok((await statsOf(stepped)).forged > 40)
})

for (const [says, keys, how] of [
  ['after a handover', [9], 'handover'],
  ['after a handover, with two keys in a row', [9, 8], 'handover'],
  ['on fresh sockets', [9], 'renew'],
] as const) {
  t.test(`a far end that counts on at its new key is heard, its first packet under it ${says}`, async (t) => {
    const { stepped, caller, agent, become } = await legs()
    // Through a wrap under the first key.
    caller.sequence = 65_500
    caller.talking = true
    stepped.step(1003)
    caller.talking = false
    for (const key of keys) {
      await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: srtpKeys(SUITE, 1, key) }) })
    }
    const last = { ssrc: caller.ssrc, index: 65_536 + caller.sequence - 1, recent: 1, older: 0 }
    become(srtpEnd(srtpKeys(SUITE, 1, keys.at(-1)), [last]))
    if (how === 'handover') {
      const released = await stepped.ask({ do: 'release', portId: 'caller' })
      if (released.type !== 'released') throw new Error(released.type)
      const ticket = structuredClone(released.ticket)
      await stepped.ask({ do: 'adopt', portId: 'caller', ticket }, memoryHandle(caller.localPort))
    } else {
      const renewed = await stepped.ask({ do: 'renew', portId: 'caller' })
      const rtpPort = renewed.type === 'opened' ? renewed.rtpPort : 0
      stepped.udp.deliver = (
        (deliver) =>
        (_, ...rest) =>
          deliver(rtpPort, ...rest)
      )(stepped.udp.deliver)
    }
    await stepped.join('caller', 'agent')
    caller.talking = true
    stepped.step(1000)
    t.match(await statsOf(stepped), { forged: 0 })
    t.ok(agent.level(620, 400) > -20)
  })
}

t.test('another suite and back again: no index of ours is used twice under a key', async (t) => {
  const { stepped, caller, agent } = await legs()
  const firstKeys = srtpKeys(SUITE)
  const first = srtpEnd(srtpKeys(SUITE))
  agent.talking = true
  stepped.port('caller').flow.nextSequence = 65_500
  // Through a wrap under the first key.
  stepped.step(2003)
  for (const { octets } of caller.heard()) first.open(octets)
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: srtpKeys('AEAD_AES_128_GCM') }) })
  stepped.step(1000)
  const before = caller.heard().length
  await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: firstKeys }) })
  stepped.step(1000)
  const back = caller.heard().slice(before)
  t.ok(back.length > 40)
  t.equal(back.filter(({ octets }) => first.open(octets) !== undefined).length, back.length, 'the counter went on')
})

t.test('terms without keys are refused, and the stream stays as it was', async (t) => {
  const { stepped, caller, agent } = await legs()
  caller.talking = true
  stepped.step(500)
  const { srtp: _, ...plain } = caller.terms()
  t.match(await stepped.ask({ do: 'stream', portId: 'caller', stream: plain }), { fault: 'media.not-protected' })
  stepped.step(500)
  t.ok(agent.level(620, 400) > -20)
  t.match(await statsOf(stepped), { forged: 0 })
})

t.test('the same terms again, as after a hold, change nothing of the counters', async (t) => {
  const { stepped, caller, agent } = await legs()
  caller.talking = true
  caller.sequence = 65_500
  stepped.step(1000)
  for (const receive of [false, true]) {
    const again = { ...caller.terms({ receive }), srtp: srtpKeys(SUITE) }
    await stepped.ask({ do: 'stream', portId: 'caller', stream: again })
    stepped.step(500)
  }
  t.match(await statsOf(stepped), { forged: 0, replayed: 0 })
  t.ok(agent.level(620, 300) > -20)
})

t.test('a key of ours that was overwritten is never taken: the stream stays as it was', async (t) => {
  const { stepped, caller, agent, keys } = await legs()
  caller.talking = true
  agent.talking = true
  stepped.step(500)
  const blank = { ...srtpKeys(SUITE), sendMaster: Buffer.alloc(keys.sendMaster.length) }
  const refused = await stepped.ask({ do: 'stream', portId: 'caller', stream: caller.terms({ srtp: blank }) })
  t.match(refused, { type: 'failed', fault: 'media.not-protected' })
  const before = caller.heard().length
  stepped.step(500)
  const opener = srtpEnd(srtpKeys(SUITE))
  t.ok(caller.heard().length > before + 20)
  t.match(await statsOf(stepped), { forged: 0 })
  t.ok(opener.open(caller.heard().at(-1)?.octets ?? new Uint8Array()) !== undefined, 'and is protected as before')
})
