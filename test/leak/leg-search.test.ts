/** What of a capture was not seen is told on every line that it counts for; none of them says clean then. */

import t from 'tap'
import { HeardPackets } from '../../src/leak/heard-packets.ts'
import { searchLegs } from '../../src/leak/leg-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import { reportOf } from '../../src/leak/report.ts'
import type { Segment } from '../../src/rtp/link-layer.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { LINKTYPE_RAW, pcapUdpRecord } from '../../src/rtp/pcap.ts'

const NEEDLES = needlesOf(digitsOf('6011000990139424'))
const SERVER = { address: '192.0.2.1', port: 4000 }
const CALLER = { address: '192.0.2.2', port: 5000 }
const AGENT = { address: '192.0.2.3', port: 6000 }
const LEGS = { callers: [CALLER.address], servers: [SERVER.address], nobodyElseKeys: true }
const RECORD_HEADER = 16

function packet(atMs: number, from: typeof SERVER, to: typeof SERVER, payload: Uint8Array) {
  const record = pcapUdpRecord(1e12 + atMs, from, to, payload)?.subarray(RECORD_HEADER)
  return { atMs: 1e12 + atMs, linkType: LINKTYPE_RAW, bytes: record ?? new Uint8Array() }
}

const pressed = packet(
  0,
  CALLER,
  SERVER,
  Buffer.from('INFO sip:a@192.0.2.1 SIP/2.0\r\nContent-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n6'),
)
const sound = Array.from({ length: 100 }, (_, i) => {
  const octets = new Uint8Array(HEADER_SIZE + 160).fill(0xd5)
  writeHeader(octets, 8, i === 0, i, i * 160, 7)
  return packet(i * 20, SERVER, AGENT, octets)
})

t.test('a capture that lacks packets is clean nowhere', async (t) => {
  const packets = [pressed, ...sound]
  const whole = searchLegs({ packets, missing: () => '' }, NEEDLES, LEGS)
  t.strictSame(whole[0], { sink: 'everything on the wire', looked: '101 packets', finds: [], unsearched: '' })
  t.equal(whole[1]?.unsearched, '')
  let read = 0
  const cut = searchLegs(
    {
      packets: (function* () {
        for (const each of packets) {
          read++
          yield each
        }
      })(),
      missing: () => (read === packets.length ? 'the capture was full' : 'asked too early'),
    },
    NEEDLES,
    LEGS,
  )
  t.equal(cut.length, 4)
  for (const { sink, unsearched } of cut) t.match(unsearched, /the capture was full$/, sink)
  t.equal(reportOf(cut).result, 'incomplete')
})

t.test('more sound than can be listened to is told, and the legs that are searched come first', async (t) => {
  const heard = new HeardPackets(({ from }) => from === 'ours', 8)
  const of = (from: string, payload = Buffer.from('sound')) => ({ from, payload }) as unknown as Segment
  const kept = (from: string, count: number) =>
    Array.from({ length: count }, () => heard.keep(of(from))).filter((octets) => octets !== undefined).length
  t.equal(kept('other', 5), 2)
  t.equal(heard.passedBy, 3)
  t.equal(heard.missing(), '', 'nobody else\u2019s legs are looked at')
  t.equal(kept('ours', 9), 6)
  t.match(heard.missing(), /^3 packets of sound were more than can be listened to at once/)
  const few = new HeardPackets(() => true)
  const payload = Buffer.from('sound')
  const copy = few.keep(of('ours', payload))
  payload.fill(0)
  t.equal(Buffer.from(copy ?? []).toString(), 'sound', 'a copy, so that its piece of the file can go')
  t.equal(few.missing(), '')
})
