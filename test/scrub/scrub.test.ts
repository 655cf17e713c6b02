/** That no digit is left in a scrubbed capture, in any dress, and that all else is as it was. */

import t from 'tap'
import type { CodecName } from '../../src/base/units.ts'
import { PacketOpener } from '../../src/rtp/link-layer.ts'
import { parseCapture } from '../../src/rtp/pcapng.ts'
import { findStreams } from '../../src/rtp/stream-finder.ts'
import { keysOf } from '../../src/rtp/stream-keys.ts'
import { plainReplacement, replacementFrom } from '../../src/scrub/replacement.ts'
import { type Refused, type Scrubbed, scrubCapture } from '../../src/scrub/scrub.ts'
import { flawsOf } from '../../src/scrub/verify.ts'
import { announcement, datagram, fileOf, ipRecord, press, type Record, rtp, sip, sound, tcp } from './calls.ts'

/** 9876 5432 1098 7654 is on nobody's card, and no part of it is what is written in its place. */
const KEYED = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 7, 6, 5, 4]
const WITH = '4111111111111111'

function scrub(
  records: readonly Record[],
  options: { digits?: string; silence?: boolean; blankUnknown?: boolean } = {},
) {
  const { silence = false, blankUnknown = false } = options
  const replacement =
    options.digits === undefined ? plainReplacement(silence) : replacementFrom(options.digits, silence)
  if (replacement === undefined) throw new Error('no replacement')
  const before = fileOf(records)
  const file = before.slice()
  const outcome = scrubCapture(file, { replacement, blankUnknown })
  return { before, file, outcome, replacement }
}

function done(outcome: Scrubbed | Refused | undefined): Scrubbed {
  if (outcome === undefined || 'unreadable' in outcome) throw new Error(`refused: ${outcome?.unreadable.join('; ')}`)
  return outcome
}

function refused(outcome: Scrubbed | Refused | undefined): readonly string[] {
  return outcome !== undefined && 'unreadable' in outcome ? outcome.unreadable : []
}

function keysIn(file: Uint8Array): { code: number; by: string; counted: boolean }[] {
  const capture = parseCapture(file)
  if (capture === undefined) throw new Error('no capture')
  return findStreams(capture).streams.flatMap((stream) => keysOf(stream))
}

function codesIn(file: Uint8Array): number[] {
  return keysIn(file).flatMap(({ code, counted }) => (counted ? [code] : []))
}

function textsIn(file: Uint8Array): string {
  return Buffer.from(file).toString('latin1')
}

/** How many octets differ, and that none does outside of these packets. */
function changedPackets(before: Uint8Array, after: Uint8Array): number[] {
  const [was, is] = [parseCapture(before)?.packets ?? [], parseCapture(after)?.packets ?? []]
  return was.flatMap((packet, i) => (Buffer.compare(packet.bytes, is[i]?.bytes ?? new Uint8Array()) === 0 ? [] : [i]))
}

t.test('events: every press becomes another at the same time, star and hash stay', async (t) => {
  const codes = [...KEYED, 11, 10, 1, 2]
  const records = codes.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600))
  const { before, file, outcome, replacement } = scrub(records, { digits: WITH })
  const scrubbed = done(outcome)
  t.same(codesIn(before), codes)
  t.same(codesIn(file), [4, ...Array(15).fill(1), 11, 10, 4, 1], 'the row begins again after its last digit')
  t.match(
    scrubbed.counts,
    { eventPresses: 18, eventPackets: 108, changedPackets: 108 - 6 },
    'one digit was what it becomes',
  )
  t.same(flawsOf(file, scrubbed, replacement), [])
})

t.test('events: without another word every digit becomes a five, in silence none is left', async (t) => {
  const records = KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600))
  t.same(
    codesIn(scrub(records).file),
    KEYED.map(() => 5),
  )
  const { file, outcome, replacement } = scrub(records, { silence: true })
  t.same(codesIn(file), [])
  t.same(flawsOf(file, done(outcome), replacement), [])
})

t.test('events as the field has them: lost, repeated, late, with timestamps that move, at other clocks', async (t) => {
  const rows: [string, Record[], number[]][] = []
  for (const perMs of [16, 48]) {
    const lines = ['m=audio 5000 RTP/AVP 0 97', `a=rtpmap:97 telephone-event/${perMs}000`]
    const records = KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 200 * perMs, perMs, 97))
    rows.push([`clock ${perMs}000`, [announcement(...lines), ...records], KEYED])
  }
  const onlyEnds = KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600).slice(3))
  rows.push(['only ends', onlyEnds, KEYED])
  const twice = KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600).flatMap((one) => [one, one]))
  rows.push(['each packet twice', twice, KEYED])
  const moving = KEYED.flatMap((code, i) =>
    [0, 1, 2, 3, 4].map((n) => {
      const duration = (n + 1) * 160
      const payload = Uint8Array.of(code, n === 4 ? 0x8a : 10, duration >> 8, duration & 255)
      return datagram(i * 300 + n * 20, rtp(101, i * 5 + n, i * 2400 + n * 160, payload))
    }),
  )
  rows.push(['a timestamp of its own in every packet', moving, KEYED])
  for (const [name, records, want] of rows) {
    const { before, file, outcome, replacement } = scrub(records)
    t.same(codesIn(before), want, `${name}: as it was`)
    t.same(
      codesIn(file),
      want.map(() => 5),
      name,
    )
    t.same(flawsOf(file, done(outcome), replacement), [], name)
    const left = findStreams(parseCapture(file) as never).streams.flatMap(({ packets }) =>
      packets.flatMap(({ bytes }) => ([97, 101].includes((bytes[1] as number) & 127) ? [bytes[12]] : [])),
    )
    t.same([...new Set(left)], [5], `${name}: no packet is forgotten`)
  }
})

t.test('events and sound inside RFC 2198 packets', async (t) => {
  const lines = ['m=audio 5000 RTP/AVP 121 101 0', 'a=rtpmap:121 red/8000', 'a=rtpmap:101 telephone-event/8000']
  const red = KEYED.flatMap((code, i) =>
    [1, 2, 3].map((n) => {
      const event = (ends: number) => [code, ends | 10, 1, n * 50]
      const payload = Uint8Array.of(0x80 | 101, 0, 0, 4, 101, ...event(0), ...event(n === 3 ? 0x80 : 0))
      return datagram(i * 200 + n * 20, rtp(121, i * 3 + n, i * 1600, payload))
    }),
  )
  const { before, file, outcome, replacement } = scrub([announcement(...lines), ...red])
  t.same(codesIn(before), KEYED)
  t.same(
    codesIn(file),
    KEYED.map(() => 5),
  )
  t.same(flawsOf(file, done(outcome), replacement), [])
  // A tone whose own packets were all lost, and which the packet behind each repeats.
  const tone = sound('PCMU', 1000, [{ code: 9, atMs: 400, ms: 100 }])
  const payloads = tone.map(({ bytes }) => bytes.subarray(16 + 28 + 12))
  const repeated = payloads.slice(1).map((now, i) => {
    const before = payloads[i] as Uint8Array
    const head = [0x80, (160 << 2) >> 8, ((160 << 2) & 0xfc) | (before.length >> 8), before.length & 255, 0]
    return datagram(20 + i * 20, rtp(121, i + 1, (i + 1) * 160, Uint8Array.of(...head, ...before, ...now)))
  })
  const odd = repeated.filter((_, i) => i % 2 === 0)
  const { outcome: sounding } = scrub([announcement(...lines), ...odd])
  t.match(done(sounding).counts, { tonePresses: 1 }, 'it is heard in the repetitions')
})

for (const codec of ['PCMU', 'PCMA', 'G722'] as const satisfies readonly CodecName[]) {
  t.test(`tones in ${codec}: another digit at the same time, as often, and nothing else is touched`, async (t) => {
    const tones = KEYED.map((code, i) => ({ code, atMs: 1000 + i * 150, ms: 40 + (i % 4) * 20 }))
    const { before, file, outcome, replacement } = scrub(sound(codec, 5000, tones), { digits: WITH })
    const scrubbed = done(outcome)
    t.same(codesIn(before), KEYED)
    t.same(codesIn(file), [4, ...Array(15).fill(1)])
    t.same(flawsOf(file, scrubbed, replacement), [])
    t.equal(scrubbed.counts.leftSilent, 0)
    const [was, is] = [keysIn(before), keysIn(file)] as unknown as { afterMs: number }[][]
    for (const [i, key] of (was ?? []).entries()) {
      t.ok(Math.abs(key.afterMs - (is?.[i]?.afterMs ?? 0)) < 15, `press ${i} is where it was`)
    }
    const changed = changedPackets(before, file)
    t.ok((changed[0] ?? 0) >= 47, 'nothing long before the first key')
    t.ok((changed.at(-1) ?? 0) <= 50 + (15 * 150) / 20 + 8, 'nothing long behind the last')
  })
}

t.test(
  'what only might be a tone is cut too: too short, too weak, an echo, a tail at the edge of a loss',
  async (t) => {
    const tones = [
      { code: 9, atMs: 400, ms: 22 },
      { code: 8, atMs: 800, ms: 100, level: -48 },
      { code: 7, atMs: 1200, ms: 100 },
      { code: 7, atMs: 1380, ms: 100, level: -30 },
      { code: 6, atMs: 2000, ms: 100 },
    ]
    const records = sound('PCMA', 3000, tones).filter((_, i) => i < 101 || i > 103)
    const { file, outcome, replacement } = scrub(records, { silence: true })
    t.same(codesIn(file), [])
    t.same(flawsOf(file, done(outcome), replacement), [])
    const again = scrubCapture(file.slice(), { replacement: plainReplacement(true), blankUnknown: false })
    t.match(done(again).counts, { tonePresses: 0, toneMs: 0 }, 'a second pass finds nothing to cut')
  },
)

t.test('a press told by an event and heard in the sound stays one press', async (t) => {
  const records = [
    ...sound('PCMU', 4000, [
      { code: 9, atMs: 1200, ms: 100 },
      { code: 3, atMs: 2200, ms: 100 },
    ]),
    ...press(9, 1005, 1000, 8000),
    ...press(3, 2005, 1006, 16000),
  ]
  const { before, file, outcome, replacement } = scrub(records, { digits: '12' })
  t.same(codesIn(before), [9, 3])
  t.same(codesIn(file), [1, 2])
  t.equal(keysIn(file).length, keysIn(before).length, 'and is heard as often')
  t.same(flawsOf(file, done(outcome), replacement), [])
})

const RELAY = (key: string, cseq: number, duration = 160) => {
  const body = `Signal=${key}\r\nDuration=${duration}\r\n`
  return `INFO sip:a@192.0.2.2 SIP/2.0\r\nCall-ID: one\r\nCSeq: ${cseq} INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

t.test('keys in SIP bodies, over UDP and over TCP cut in pieces', async (t) => {
  const datagrams = KEYED.flatMap((key, i) => [
    sip(i * 100, RELAY(String(key), i + 1)),
    sip(i * 100 + 50, RELAY(String(key), i + 1)),
  ])
  const bare =
    'INFO sip:a SIP/2.0\r\nCall-ID: two\r\nCSeq: 1 INFO\r\nContent-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n8'
  const kpml = `NOTIFY sip:a SIP/2.0\r\nCall-ID: three\r\nCSeq: 1 NOTIFY\r\nContent-Type: application/kpml-response+xml\r\n\r\n<kpml-response version="1.0" code="200" digits="987" tag="dtmf"/>`
  const udp = scrub([...datagrams, sip(3000, bare), sip(3100, kpml)], { digits: WITH })
  const text = textsIn(udp.file)
  t.same(
    Array.from(text.matchAll(/Signal=(.)/g), ([, key]) => key).join(''),
    `44${'1'.repeat(30)}`,
    'sent again, it is the same',
  )
  t.equal(text.match(/Duration=160/g)?.length, 32, 'durations are no keys')
  t.match(text, /Content-Length: 1\r\n\r\n4/)
  t.match(text, 'version="1.0" code="200" digits="411" tag="dtmf"')
  t.same(flawsOf(udp.file, done(udp.outcome), udp.replacement), [])

  const whole = KEYED.map((key, i) => RELAY(String(key), i + 1)).join('')
  const pieces = whole.match(/[\s\S]{1,37}/g) ?? []
  const segments = pieces.map((piece, i) => tcp(i * 10, 1000 + i * 37, piece))
  // One that was sent again, and two that came the wrong way round.
  const mixed = [...segments, { ...(segments[4] as Record), atMs: 95 }, { ...(segments[7] as Record), atMs: 66 }]
  const over = scrub(mixed, { digits: WITH })
  t.same(flawsOf(over.file, done(over.outcome), over.replacement), [])
  t.equal(done(over.outcome).counts.infoKeys, 16)
  const opener = new PacketOpener()
  const bySequence = new Map(
    parseCapture(over.file)?.packets.flatMap((packet) => {
      const segment = opener.open(packet)
      return segment === undefined ? [] : [[segment.sequence, Buffer.from(segment.payload).toString('latin1')] as const]
    }),
  )
  const joined = Array.from(bySequence)
    .sort(([a], [b]) => a - b)
    .map(([, part]) => part)
    .join('')
  t.equal(joined, whole.replace(/Signal=./g, 'Signal=1').replace('Signal=1', 'Signal=4'))
})

t.test('numbers of cards in text, and what was keyed wherever it stands', async (t) => {
  const card = '4012 8888 8888 1881'
  const records = [
    sip(
      0,
      `MESSAGE sip:a SIP/2.0\r\nX-Card: 4012888888881881\r\nContact: <sip:+498003010700@192.0.2.1>\r\n\r\nmy card is ${card}, or 4012%208888-88881881`,
    ),
    tcp(10, 1, `POST / HTTP/1.1\r\n\r\n<param value="401288`, [40000, 8080]),
    tcp(20, 63, `8888881881" /> 98765 43210 98 and 2718281828459`, [40000, 8080]),
    ...KEYED.flatMap((code, i) => press(code, 100 + i * 200, i * 6, i * 1600)),
  ]
  const { file, outcome, replacement } = scrub(records)
  const text = textsIn(file)
  t.match(text, 'X-Card: 5555555555555555')
  t.match(text, 'my card is 5555 5555 5555 5555, or 5555%205555-55555555')
  t.match(text, '+498003010700@192.0.2.1', 'a phone number and an address stay')
  t.match(text, '2718281828459', 'so does a number that is on no card')
  t.match(text, /55555 55555 55/, 'what was keyed goes, card or not')
  t.notMatch(text, '401288')
  t.same(flawsOf(file, done(outcome), replacement), [])
})

t.test('checksums are right afterwards, and were not touched where nothing was', async (t) => {
  const records = [
    ...KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600)),
    ...KEYED.map((key, i) => tcp(i, i * 1000, RELAY(String(key), i))),
  ]
  const { file } = scrub(records)
  for (const { bytes } of parseCapture(file)?.packets ?? []) {
    let sum = bytes[9] as number
    sum += bytes.length - 20
    for (let i = 12; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0)
    while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
    t.equal(sum, 0xffff)
  }
})

t.test('a datagram in pieces', async (t) => {
  const text = `INFO sip:a SIP/2.0\r\nCall-ID: one\r\nCSeq: 1 INFO\r\nX-Long: ${'x'.repeat(400)}\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=8\r\nDuration=160\r\n`
  const { bytes } = sip(0, text)
  const whole = bytes.subarray(36)
  const first = ipRecord(0, 17, whole.subarray(0, 320), 0x2000)
  const second = ipRecord(1, 17, whole.subarray(320), 40)
  const { file, outcome, replacement } = scrub([first, second])
  t.match(textsIn(file), 'Signal=5')
  t.equal(done(outcome).counts.changedPackets, 2, 'the checksum stands in the other one')
  t.same(flawsOf(file, done(outcome), replacement), [])
  t.same(refused(scrub([first]).outcome), ['fragments of packets whose rest is missing'])
  const alone = scrub([second], { blankUnknown: true })
  t.notMatch(textsIn(alone.file), 'Signal')
})

t.test('what nobody here can look into is refused by name, or blanked whole', async (t) => {
  const opus = Array.from({ length: 30 }, (_, i) => datagram(i * 20, rtp(96, i, i * 960, new Uint8Array(40).fill(7))))
  const srtp = Array.from({ length: 30 }, (_, i) => datagram(i * 20, rtp(0, i, i * 160, new Uint8Array(170).fill(7))))
  const rows: [string, Record[], string][] = [
    [
      'Opus',
      [announcement('m=audio 5000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2'), ...opus],
      'stream 1 192.0.2.1:4000 -> 192.0.2.2:5000 SSRC 0x00000005: opus/48000',
    ],
    ['a codec nobody announced', opus, 'dynamic/48000'],
    ['SRTP', [announcement('m=audio 5000 RTP/SAVP 0'), ...srtp], 'encrypted'],
    ['a tunnel', [ipRecord(0, 47, new Uint8Array(60).fill(7))], 'packets of GRE'],
    ['another signalling', [tcp(0, 1, 'x'.repeat(40).replaceAll('x', '\x07'), [40000, 2000])], 'Skinny'],
    [
      'packed text',
      [tcp(0, 1, `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n${'\x07'.repeat(40)}`, [80, 40000])],
      'packed HTTP',
    ],
  ]
  for (const [name, records, what] of rows) {
    const given = scrub(records)
    t.match(refused(given.outcome).join('; '), what, name)
    const blanked = scrub(records, { blankUnknown: true })
    t.match(done(blanked.outcome).blanked.join('; '), what, name)
    t.notOk(Buffer.from(blanked.file).includes(Buffer.alloc(8, 7)), `${name}: nothing of it is left`)
    t.same(flawsOf(blanked.file, done(blanked.outcome), blanked.replacement), [])
  }
})

t.test('an ICMP error that quotes an event keeps nothing of it', async (t) => {
  const quoted = (press(9, 0, 0, 0)[0] as Record).bytes.subarray(16)
  const { file, outcome } = scrub([
    ...press(9, 0, 0, 0),
    ipRecord(500, 1, Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0, ...quoted)),
  ])
  t.equal(done(outcome).counts.quotations, 1)
  const last = parseCapture(file)?.packets.at(-1)?.bytes ?? new Uint8Array()
  t.same(Array.from(last.subarray(20 + 8 + 20 + 4)), Array(last.length - 52).fill(0))
  let sum = 0
  for (let i = 20; i < last.length; i += 2) sum += ((last[i] as number) << 8) | (last[i + 1] ?? 0)
  t.equal((sum & 0xffff) + (sum >> 16), 0xffff, 'and its checksum is right')
})

t.test('packets too few for a stream', async (t) => {
  const { file, outcome } = scrub(press(9, 0, 0, 0).slice(0, 2))
  t.equal(done(outcome).counts.strayEvents, 2)
  t.same(
    parseCapture(file)?.packets.map(({ bytes }) => bytes[40]),
    [5, 5],
  )
  const tone = sound('PCMU', 60, [{ code: 9, atMs: 0, ms: 60 }])
  t.ok(done(scrub(tone).outcome).counts.toneMs >= 60)
})

t.test('the search finds what a scrubber forgot', async (t) => {
  const records = KEYED.flatMap((code, i) => press(code, i * 200, i * 6, i * 1600))
  const forgot = (what: Record[], spoil: (file: Uint8Array) => void) => {
    const { file, outcome, replacement } = scrub([...records, ...what])
    spoil(file)
    return flawsOf(file, done(outcome), replacement).join('; ')
  }
  const put = (text: string) => (file: Uint8Array) => {
    const at = Buffer.from(file).indexOf('x'.repeat(60))
    if (at < 0) throw new Error('no room')
    file.set(Buffer.from(text, 'latin1'), at)
  }
  const room = [sip(9000, `MESSAGE sip:a SIP/2.0\r\n\r\n${'x'.repeat(60)}`)]
  const dresses: [string, string][] = [
    ['text', '987654321'],
    ['a mark after each digit', '9-8-7-6-5-4-3-2'],
    ['UTF-16', '9\x008\x007\x006\x005\x004\x003\x00'],
    ['values', '\x09\x08\x07\x06\x05\x04\x03\x02'],
    [
      'values as wider numbers',
      '\x09\x00\x00\x00\x08\x00\x00\x00\x07\x00\x00\x00\x06\x00\x00\x00\x05\x00\x00\x00\x04\x00\x00\x00\x03',
    ],
    ['packed decimal', '\x98\x76\x54\x32\x10\x98\x76\x54'],
    ['hexadecimal', '39383736353433'],
    ['reversed', '3456789'],
  ]
  t.equal(
    forgot(room, () => undefined),
    '',
  )
  for (const [name, text] of dresses) t.match(forgot(room, put(text)), 'still there', name)
  t.match(
    forgot([], (file) => void file.set([9], 24 + 16 + 40)),
    'events',
    'one packet of one event',
  )
  const toneAt = sound('PCMA', 1000, [{ code: 9, atMs: 400, ms: 100 }])
  const clean = sound('PCMA', 1000, [])
  const spoilt = scrub(clean)
  const bad = fileOf(toneAt)
  t.match(flawsOf(bad, done(spoilt.outcome), spoilt.replacement).join(), 'tones', 'a tone that was not cut')
})
