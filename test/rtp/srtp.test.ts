/** SRTP and SRTCP by what they must withstand: tampering, truncation, replay, wraps, reordering across a wrap, a new key. */

import t from 'tap'
import { SRTP_SOURCES, SRTP_SUITES, type SrtpSuite } from '../../src/base/srtp-suites.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { SrtcpContext } from '../../src/rtp/srtcp.ts'
import { FORGED, MALFORMED, REPLAYED, SrtpContext } from '../../src/rtp/srtp.ts'
import { hostile, octets, SEED, seeded } from './seeded.ts'

const random = seeded(SEED)
const masterOf = ({ keySize, saltSize }: SrtpSuite) => octets(random, keySize + saltSize)
const PAYLOAD = 33

function rtp(sequence: number, ssrc = 0xcafebabe): Uint8Array {
  const packet = new Uint8Array(12 + PAYLOAD)
  writeHeader(packet, 8, false, sequence, sequence * 160, ssrc)
  packet.fill(sequence & 0xff, 12)
  return packet
}

function sealed(context: SrtpContext | SrtcpContext, plain: Uint8Array): Uint8Array {
  const packet = new Uint8Array(plain.length + 20)
  packet.set(plain)
  const length = context.protect(packet, plain.length)
  if (length < 0) throw new Error(`not protected: ${length}`)
  return packet.slice(0, length)
}

function report(words: number): Uint8Array {
  const packet = octets(random, words * 4)
  packet.set([0x80, 201, 0, words - 1])
  return packet
}

for (const suite of SRTP_SUITES) {
  t.test(suite.name, async (t) => {
    const master = masterOf(suite)
    const pair = () => [new SrtpContext(suite.name, master), new SrtpContext(suite.name, master)] as const

    t.test('a packet comes back as it was, with CSRCs, extension and padding, and of no payload', async (t) => {
      const [sender, receiver] = pair()
      const full = new Uint8Array(12 + 8 + 8 + 20)
      writeHeader(full, 8, true, 77, 5, 9)
      full[0] = 0x80 | 0x20 | 0x10 | 2
      full.set([0xbe, 0xde, 0, 1, 1, 2, 3, 4], 20)
      full.fill(7, 28)
      full[full.length - 1] = 4
      for (const plain of [rtp(1), rtp(2).subarray(0, 12), full]) {
        const packet = sealed(sender, plain)
        t.equal(packet.length, plain.length + sender.growth)
        if (plain.length > 12) t.notSame(packet.subarray(28, plain.length), plain.subarray(28))
        t.equal(receiver.open(packet, packet.length), plain.length)
        t.strictSame(packet.slice(0, plain.length), plain)
      }
    })

    t.test('nothing that was changed, cut or made up is taken, and it stays as it was', async (t) => {
      const [sender, receiver] = pair()
      const sound = sealed(sender, rtp(5))
      hostile(sound, (bytes, what) => {
        const copy = bytes.slice()
        const found = receiver.open(copy, copy.length)
        if (found >= 0) t.fail(`taken: ${what}`)
        if (Buffer.compare(copy, bytes) !== 0) t.fail(`changed: ${what}`)
      })
      t.strictSame(receiver.sources, [], 'a forged packet makes no source known')
      t.equal(receiver.open(sound, sound.length), 12 + PAYLOAD)
    })

    t.test('reports: changed, cut, replayed', async (t) => {
      const [sender, receiver] = [new SrtcpContext(suite.name, master), new SrtcpContext(suite.name, master)]
      const plain = report(13)
      const [first, second] = [sealed(sender, plain), sealed(sender, plain)]
      t.notSame(first, second, 'the same report is another packet')
      hostile(first, (bytes, what) => {
        if (receiver.open(bytes, bytes.length) >= 0) t.fail(`taken: ${what}`)
      })
      for (const packet of [second, first]) {
        const copy = packet.slice()
        t.equal(receiver.open(copy, copy.length), plain.length)
        t.strictSame(copy.slice(0, plain.length), plain)
        t.equal(receiver.open(packet, packet.length), REPLAYED)
      }
    })

    t.test('RTP keys do not open RTCP', async (t) => {
      const [, receiver] = pair()
      const packet = sealed(new SrtcpContext(suite.name, master), report(13))
      t.equal(receiver.open(packet, packet.length), MALFORMED)
    })
  })
}

const SUITE = SRTP_SUITES[3] as SrtpSuite
const MASTER = masterOf(SUITE)
const context = (
  ...more: ConstructorParameters<typeof SrtpContext> extends [unknown, unknown, ...infer R] ? R : never
) => new SrtpContext(SUITE.name, MASTER, ...more)

t.test('packets in any order across a wrap, each once', async (t) => {
  const sender = context()
  const packets = Array.from({ length: 60 }, (_, i) => sealed(sender, rtp((65_506 + i) & 0xffff)))
  const receiver = context()
  const open = (at: number) => {
    const copy = (packets[at] as Uint8Array).slice()
    return receiver.open(copy, copy.length)
  }
  const order = [
    0,
    ...Array.from({ length: 59 }, (_, i) => i + 1)
      .map((at) => [at + random() * 25, at] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, at]) => at),
  ]
  for (const at of order) t.equal(open(at), 12 + PAYLOAD, `packet ${at}`)
  for (const at of order) t.equal(open(at), REPLAYED, `packet ${at} again`)
})

t.test('what is too far back to be told is not taken', async (t) => {
  const sender = context()
  const packets = Array.from({ length: 70 }, (_, i) => sealed(sender, rtp(100 + i)))
  const receiver = context()
  const results = [69, 5, 6, 37, 38].map((at) => receiver.open(packets[at] as Uint8Array, packets[at]?.length ?? 0))
  t.strictSame(results, [45, REPLAYED, 45, 45, 45], 'sixty-four indices are told apart')
})

t.test('the rollover counter goes on through many wraps, and through another process', async (t) => {
  let [sender, receiver] = [context(), context()]
  for (let i = 0; i < 40; i++) {
    const sequence = (i * 20_000) & 0xffff
    const packet = sealed(sender, rtp(sequence))
    t.equal(receiver.open(packet, packet.length), 45, `${i}`)
    const [sent, received] = [structuredClone(sender.sources), structuredClone(receiver.sources)]
    t.strictSame([sent[0]?.index, received[0]?.index], [i * 20_000, i * 20_000])
    ;[sender, receiver] = [context(sent), context(received)]
    t.equal(
      receiver.open(sealed(context(sent.map((s) => ({ ...s, index: s.index - 1, recent: 0 }))), rtp(sequence)), 55),
      REPLAYED,
    )
  }
})

t.test('a sender uses no index twice', async (t) => {
  const sender = context()
  const packet = new Uint8Array(100)
  packet.set(rtp(10))
  t.equal(sender.protect(packet, 45), 55)
  packet.set(rtp(10))
  packet[20] = 1
  t.equal(sender.protect(packet, 45), REPLAYED)
  t.equal(packet[20], 1, 'and the packet is left alone')
  packet.set(rtp(9))
  t.equal(sender.protect(packet, 45), 55, 'a late one goes')
  t.equal(sender.protect(packet.subarray(0, 54), 45), MALFORMED, 'no room')
})

t.test('a new key: far ends that go on counting and far ends that begin anew', async (t) => {
  const before = [{ ssrc: 0xcafebabe, index: 3 * 65_536 + 100, recent: 1, older: 0 }]
  for (const [says, sender] of [
    ['goes on', context(before)],
    ['begins anew', context()],
  ] as const) {
    const receiver = context([], before)
    for (const sequence of [101, 102, 30_000, 60_000, 10]) {
      const packet = sealed(sender, rtp(sequence))
      t.equal(receiver.open(packet, packet.length), 45, `${says}: ${sequence}`)
    }
  }
})

t.test('no more sources than can be remembered, and those that are known go on', async (t) => {
  const [sender, receiver] = [context(), context()]
  for (let ssrc = 0; ssrc < SRTP_SOURCES; ssrc++) {
    const packet = sealed(sender, rtp(1, ssrc))
    t.equal(receiver.open(packet, packet.length), 45)
  }
  const further = sealed(context(), rtp(1, 1000))
  t.equal(receiver.open(further, further.length), FORGED)
  const known = sealed(sender, rtp(2, 0))
  t.equal(receiver.open(known, known.length), 45)
})

t.test('a report that is authenticated alone is refused', async (t) => {
  const receiver = new SrtcpContext(SUITE.name, MASTER)
  const packet = sealed(new SrtcpContext(SUITE.name, MASTER), report(3))
  packet[12] = (packet[12] as number) & 0x7f
  t.equal(receiver.open(packet, packet.length), MALFORMED)
})
