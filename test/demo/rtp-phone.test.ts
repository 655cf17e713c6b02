/** The listening phone hears: were it deaf, every assertion of silence would pass. */

import t from 'tap'
import { watchHoldUps } from '../../src/demo/hold-ups.ts'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { longestGapMs, seamsOf } from '../../src/demo/stream-seams.ts'
import { until } from '../../src/demo/waiting.ts'
import { sequence } from '../../src/rtp/packet.ts'
import { EventReader } from '../../src/rtp/telephone-event.ts'
import { goertzelPower, highHz, levelOf, lowHz } from '../../src/rtp/tone.ts'

for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
  t.test(`two phones hear each other hum in ${codec}`, async (t) => {
    const holdUps = watchHoldUps()
    t.teardown(() => holdUps.close())
    const a = await openRtpPhone({ codec, humHz: 620 })
    const b = await openRtpPhone({ codec, humHz: 440, ptimeMs: 30 })
    t.teardown(() => Promise.all([a.close(), b.close()]))
    a.talkTo('127.0.0.1', b.port)
    b.talkTo('127.0.0.1', a.port)
    await until(() => b.heard.length >= 25 && a.heard.length >= 15, 'half a second of sound')
    t.ok(b.levelOf(620, 300) > -16)
    t.ok(b.levelOf(440, 300) < -45)
    t.ok(a.levelOf(440, 300) > -16)
    t.same(seamsOf(b.heard), [])
    t.ok(longestGapMs(b.heard, 0, holdUps.heldMs) < 60)
    t.equal(b.levelOf(620, 60_000), -100, 'what was not heard has no level')
    a.hum(undefined)
    const before = b.heard.length
    await until(() => b.heard.length >= before + 15, 'more sound')
    t.ok(b.levelOf(620, 150) < -45, 'silence is heard as silence')
  })
}

t.test('keys are pressed as events and in the sound', async (t) => {
  const a = await openRtpPhone()
  const b = await openRtpPhone()
  t.teardown(() => Promise.all([a.close(), b.close()]))
  a.talkTo('127.0.0.1', b.port)
  await a.press([3, 11])
  const reader = new EventReader()
  const codes = b.heard
    .filter(({ payloadType }) => payloadType === 101)
    .map(({ payload, sequence: seq, timestamp, ssrc, arrivedMs }) => {
      const packet = new Uint8Array(16)
      const view = new DataView(packet.buffer)
      view.setUint16(0, 0x8065)
      view.setUint16(2, seq)
      view.setUint32(4, timestamp)
      view.setUint32(8, ssrc)
      packet.set(payload, 12)
      t.equal(sequence(packet), seq)
      return reader.accept(packet, 12, 16, arrivedMs)
    })
    .filter((code) => code >= 0)
  t.same(codes, [3, 11])
  b.forget()
  await a.press([9, 4], 'in-band', 200)
  const pcm = b.pcm()
  const loudest = (hz: number) => {
    let most = -100
    for (let from = 0; from + 480 <= pcm.length; from += 160)
      most = Math.max(most, levelOf(goertzelPower(pcm, from, 480, hz, b.sampleRate)))
    return most
  }
  for (const code of [9, 4]) {
    t.ok(loudest(lowHz(code)) > -16)
    t.ok(loudest(highHz(code)) > -16)
  }
})

t.test('a seam is seen', async (t) => {
  const packet = {
    arrivedMs: 0,
    payloadType: 8,
    marker: false,
    payload: new Uint8Array(160),
    at: 0,
    fromPort: 1,
    ssrc: 1,
  }
  const first = { ...packet, sequence: 0xffff, timestamp: 0xffff_ffb0 }
  t.same(seamsOf([first, { ...first, sequence: 0, timestamp: 80 }]), [])
  t.equal(seamsOf([first, { ...first, sequence: 1, timestamp: 80 }]).length, 1)
  t.equal(seamsOf([first, { ...first, sequence: 0 }]).length, 1)
  t.equal(seamsOf([first, { ...first, sequence: 0, timestamp: 80, ssrc: 2 }]).length, 1)
  t.equal(longestGapMs([first, { ...first, arrivedMs: 70 }]), 70)
})
