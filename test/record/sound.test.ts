/** Which sound lies where and when after a recording was opened: tones of their own on each track, and one Goertzel filter that listens. */

import t, { type Test } from 'tap'
import type { CodecName } from '../../src/base/units.ts'
import { BLOCK_MS } from '../../src/record/sound.ts'
import { type Heard, heard, isSilent, LEVEL, levelAt, mark, type SoundEntry, segmentsFrom, spoken } from './recorded.ts'

const CALLER_HZ = 500
const AGENT_HZ = 1300
const ALL: readonly CodecName[] = ['PCMU', 'PCMA', 'G722', 'OPUS']

/** Two tones of a second from 200 and from 1500 ms on. */
function both(codec: CodecName, other = codec): SoundEntry[] {
  return [
    ...spoken({ track: 'caller', codec, hz: CALLER_HZ, atMs: 200, ms: 1000 }),
    ...spoken({ track: 'agent', codec: other, hz: AGENT_HZ, atMs: 1500, ms: 1000, timestamp: 77 }),
  ]
}

/** A tone is there, at its level, and the other one 30 dB below it. */
function hears(t: Test, found: Heard, track: 'caller' | 'agent', ms: number, says: string): void {
  const [own, other] = track === 'caller' ? [CALLER_HZ, AGENT_HZ] : [AGENT_HZ, CALLER_HZ]
  const level = levelAt(found[track], found.sampleRate, ms, own)
  t.ok(Math.abs(level - LEVEL) < 2, `${says}: ${track} at ${ms} ms has ${level.toFixed(1)} dBm0`)
  t.ok(levelAt(found[track], found.sampleRate, ms, other) < level - 30, `${says}: nothing of the other one`)
}

for (const codec of ALL) {
  t.test(`each on its own track and at its time, by ${codec}`, async (t) => {
    const found = heard(segmentsFrom(both(codec)))
    t.equal(found.sampleRate, codec.startsWith('PCM') ? 8000 : 16000)
    t.equal(found.lengthMs, 2500)
    t.equal(found.caller.length, (2500 * found.sampleRate) / 1000)
    t.equal(found.agent.length, found.caller.length)
    t.strictSame(found.packets, { caller: 50, agent: 50 })
    for (const ms of [220, 700, 1140]) hears(t, found, 'caller', ms, codec)
    for (const ms of [1520, 2000, 2440]) hears(t, found, 'agent', ms, codec)
    t.ok(isSilent(found.caller, found.sampleRate, 0, 199))
    t.ok(isSilent(found.caller, found.sampleRate, 1205, 2500))
    t.ok(isSilent(found.agent, found.sampleRate, 0, 1499))
    t.strictSame(found.flaws, [])
  })
}

t.test('G.711 beside a wide codec is brought to 16 kHz', async (t) => {
  for (const wide of ['G722', 'OPUS'] as const) {
    const found = heard(segmentsFrom(both('PCMA', wide)))
    t.equal(found.sampleRate, 16000)
    hears(t, found, 'caller', 700, wide)
    hears(t, found, 'agent', 2000, wide)
    t.ok(levelAt(found.caller, 16000, 700, 8000 - CALLER_HZ) < LEVEL - 45, 'and no image of it above 4 kHz')
  }
})

t.test('what was lost is silence, and what follows lies where it would have lain', async (t) => {
  for (const codec of ['PCMU', 'G722'] as const) {
    const whole = segmentsFrom(both(codec))
    const lossy = heard(segmentsFrom(both(codec).filter((_, i) => i < 20 || i > 29)))
    t.ok(isSilent(lossy.caller, lossy.sampleRate, 600, 800), codec)
    hears(t, lossy, 'caller', 540, codec)
    hears(t, lossy, 'caller', 830, codec)
    const { caller } = heard(whole)
    if (codec === 'PCMU') {
      t.strictSame(lossy.caller.subarray(0, 600 * 8), caller.subarray(0, 600 * 8))
      t.strictSame(lossy.caller.subarray(800 * 8), caller.subarray(800 * 8), 'sample by sample')
    }
  }
})

t.test('Opus makes up what was lost, 60 ms at the most', async (t) => {
  const short = heard(segmentsFrom(both('OPUS').filter((_, i) => i < 20 || i > 21)))
  t.notOk(isSilent(short.caller, 16000, 600, 620))
  hears(t, short, 'caller', 680, 'after it')
  const long = heard(segmentsFrom(both('OPUS').filter((_, i) => i < 20 || i > 29)))
  t.ok(isSilent(long.caller, 16000, 601, 799))
  hears(t, long, 'caller', 860, 'after it')
})

t.test('jitter, disorder and repetition are not heard', async (t) => {
  for (const codec of ALL) {
    const inTime = both(codec)
    // Up to 140 ms late, in an order of their own; every tenth one comes twice.
    const late = inTime.map((entry, i) =>
      i === 0 || i === 50 ? entry : { ...entry, atMs: entry.atMs + ((i * 37) % 140) },
    )
    const twice = late.filter((_, i) => i % 10 === 3).map((entry) => ({ ...entry, atMs: entry.atMs + 15 }))
    const segments = segmentsFrom([...late, ...twice], {}, 7)
    const stamps = segments.flatMap(({ entries }) => entries.map((e) => (e as SoundEntry).timestamp))
    t.notSame(
      stamps,
      stamps.toSorted((a, b) => a - b),
      'they are out of order',
    )
    const found = heard(segments)
    const wanted = heard(segmentsFrom(inTime))
    t.strictSame(found.caller, wanted.caller, codec)
    t.strictSame(found.agent, wanted.agent, codec)
  }
})

t.test('timestamps go on across their end', async (t) => {
  for (const codec of ALL) {
    const wrapping = 2 ** 32 - 10 * 160 * (codec === 'OPUS' ? 6 : 1)
    const asked = { track: 'caller', codec, hz: CALLER_HZ, atMs: 0, ms: 1000 } as const
    // Each comes somewhat later than the one before: by their arrival they would drift apart.
    const drifting = (timestamp: number) =>
      segmentsFrom(spoken({ ...asked, timestamp }).map((entry, i) => ({ ...entry, atMs: entry.atMs + i * 3 })))
    const found = heard(drifting(wrapping))
    t.strictSame(found.caller, heard(drifting(1_000)).caller, codec)
    t.equal(found.lengthMs, 1000)
    hears(t, found, 'caller', 190, codec)
  }
})

t.test('a new source, another codec and a jump of the timestamps begin anew where they came', async (t) => {
  const first = spoken({ track: 'caller', codec: 'PCMA', hz: CALLER_HZ, atMs: 0, ms: 400, timestamp: 10 })
  const again = { track: 'caller', hz: CALLER_HZ, ms: 400, atMs: 1000, timestamp: 2_000_000_000 } as const
  const jump = spoken({ ...again, codec: 'PCMA' }).map((entry) => ({ ...entry, fresh: false }))
  const rows: [string, SoundEntry[]][] = [
    ['source', spoken({ ...again, codec: 'PCMA' })],
    ['source, whose timestamps go on by chance', spoken({ ...again, codec: 'PCMA', timestamp: 10 + 1100 * 8 })],
    ['codec', spoken({ ...again, codec: 'PCMU' })],
    ['jump', jump],
  ]
  for (const [says, then] of rows) {
    const found = heard(segmentsFrom([...first, ...then]))
    t.equal(found.lengthMs, 1400, says)
    for (const ms of [100, 340, 1010, 1350]) hears(t, found, 'caller', ms, says)
    t.ok(isSilent(found.caller, 8000, 400, 1000), says)
  }
})

t.test('within 200 ms the timestamp says where a packet lies, beyond that its arrival does', async (t) => {
  const asked = { track: 'caller', codec: 'PCMA', hz: CALLER_HZ, ms: 400, timestamp: 10 } as const
  for (const [departure, at] of [
    [190, 400],
    [210, 610],
  ] as const) {
    const then = spoken({ ...asked, atMs: 400 + departure, timestamp: 10 + 400 * 8 })
    const found = heard(segmentsFrom([...spoken({ ...asked, atMs: 0 }), ...then.map((e) => ({ ...e, fresh: false }))]))
    t.equal(found.lengthMs, at + 400, `${departure}`)
  }
})

t.test('where two runs lie over each other the later one is heard', async (t) => {
  const one = spoken({ track: 'caller', codec: 'PCMA', hz: AGENT_HZ, atMs: 0, ms: 200 })
  const early = one.map((entry, i) => ({ ...entry, atMs: i < 5 ? i * 20 : 100 }))
  const other = spoken({ track: 'caller', codec: 'PCMU', hz: CALLER_HZ, atMs: 101, ms: 200 })
  const found = heard(segmentsFrom([...early, ...other]))
  hears(t, found, 'caller', 110, 'the later')
  hears(t, found, 'caller', 150, 'the later')
  t.ok(levelAt(found.caller, 8000, 50, AGENT_HZ) > LEVEL - 2)
})

t.test('what is withheld is silent, and nothing of before is drawn over it', async (t) => {
  const before = spoken({ track: 'caller', codec: 'OPUS', hz: CALLER_HZ, atMs: 0, ms: 400 })
  const after = spoken({
    track: 'caller',
    codec: 'OPUS',
    hz: CALLER_HZ,
    atMs: 440,
    ms: 400,
    timestamp: 4_000 + 440 * 48,
  })
  // Not told to be fresh, and near enough for a gap to be made up.
  const going = after.map((entry) => ({ ...entry, fresh: false }))
  const found = heard(segmentsFrom([...before, mark('withheld', 400), mark('resumed', 440), ...going]))
  t.strictSame(found.withheld, [{ fromMs: 400, toMs: 440 }])
  t.ok(isSilent(found.caller, 16000, 400, 440))
  hears(t, found, 'caller', 340, 'before')
  hears(t, found, 'caller', 500, 'after')
})

t.test('sound in a stretch that is withheld is not given, and told', async (t) => {
  const found = heard(segmentsFrom([mark('withheld', 100), ...both('PCMA'), mark('resumed', 1400)]))
  t.ok(isSilent(found.caller, 8000, 0, 2500))
  hears(t, found, 'agent', 2000, 'after')
  t.strictSame(
    found.flaws.map(({ flaw, segment }) => [flaw, segment]),
    [
      ['not-withheld', 1],
      ['not-withheld', 2],
    ].slice(0, found.flaws.length),
  )
  t.ok(found.flaws.length > 0)
})

t.test('two parts, with the time between them', async (t) => {
  const second = { part: '11111111', startedAtMs: 1_764_332_000_000 + 5_000 }
  const one = segmentsFrom([...both('PCMA'), mark('end', 2600)])
  const found = heard([...one, ...segmentsFrom([...both('PCMU'), mark('end', 2600)], second)])
  t.equal(found.lengthMs, 7600)
  t.strictSame(
    found.parts.map(({ atMs, isEnded }) => [atMs, isEnded]),
    [
      [0, true],
      [5000, true],
    ],
  )
  for (const ms of [700, 5700]) hears(t, found, 'caller', ms, 'parts')
  for (const ms of [2000, 7000]) hears(t, found, 'agent', ms, 'parts')
  t.ok(isSilent(found.agent, 8000, 2500, 6499))
  t.strictSame(found.flaws, [])

  const back = heard([...one, ...segmentsFrom(both('PCMU'), { ...second, startedAtMs: 1_764_331_000_000 })])
  t.equal(back.lengthMs, 2600 + 2500, 'a clock that was set back puts nothing over what was there')
  hears(t, back, 'caller', 2600 + 700, 'set back')
  t.equal(back.parts[1]?.isEnded, false)
})

t.test('hours are given in blocks, and the sound after them lies where it belongs', async (t) => {
  const later = spoken({ track: 'agent', codec: 'PCMA', hz: AGENT_HZ, atMs: 600_000, ms: 1000 })
  const found = heard(segmentsFrom([...both('PCMA'), ...later]))
  t.equal(found.lengthMs, 601_000)
  t.equal(found.blocks, 601_000 / BLOCK_MS)
  hears(t, found, 'agent', 600_500, 'later')
  t.ok(isSilent(found.agent, 8000, 2500, 600_000))
})

t.test('octets that are no sound are silence', async (t) => {
  const entries = both('OPUS').map((entry, i) => (i === 10 ? { ...entry, payload: new Uint8Array() } : entry))
  const long = both('OPUS')[0] as SoundEntry
  const found = heard(
    segmentsFrom([...entries, { ...long, codec: 'PCMA', atMs: 3000, payload: new Uint8Array(60_000), fresh: true }]),
  )
  t.equal(found.undecodable, 2)
  t.equal(found.lengthMs, 3000)
  hears(t, found, 'agent', 2000, 'the rest')
  const lengths = new Set<number>()
  for (let size = 1; size < 200; size++) {
    const noise = Uint8Array.from({ length: size }, (_, i) => (Math.imul(i + size, 2654435761) >>> 11) & 255)
    lengths.add(heard(segmentsFrom([{ ...long, atMs: 0, payload: noise }])).lengthMs)
  }
  t.ok(lengths.size > 5 && Math.max(...lengths) <= 120, 'whatever it says of itself, no longer than a packet is')
})
