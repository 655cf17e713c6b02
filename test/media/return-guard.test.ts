import t from 'tap'
import { EVENT } from '../../src/media/link.ts'
import { ReturnGuard } from '../../src/media/return-guard.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { writeTelephoneEvent } from '../../src/rtp/telephone-event.ts'

const SINCE = 10_000

function event(timestamp: number, duration: number): Uint8Array {
  const packet = new Uint8Array(16)
  writeHeader(packet, 101, false, 1, timestamp, 1)
  writeTelephoneEvent(packet, 12, 5, false, 10, duration)
  return packet
}

const ROWS: readonly (readonly [
  string,
  readonly (readonly [atMs: number, timestamp: number, duration: number])[],
  boolean,
])[] = [
  ['begun before', [[20, 1000, 800]], false],
  ['begun at the same moment', [[20, 1000, 160]], false],
  ['begun within the margin', [[60, 1000, 160]], false],
  ['begun after it', [[100, 1000, 160]], true],
  ['of no length, after it', [[100, 1000, 0]], true],
  [
    'an end repeated late',
    [
      [20, 1000, 800],
      [300, 1000, 800],
    ],
    false,
  ],
  [
    'the next segment of a very long press',
    [
      [20, 1000, 60_000],
      [800, 1000 + 0xffff, 160],
    ],
    false,
  ],
  [
    'another key after the old one',
    [
      [20, 1000, 800],
      [300, 3000, 160],
    ],
    true,
  ],
  [
    'across the wrap of timestamps',
    [
      [20, 0xffff_ff00, 800],
      [300, 2000, 160],
    ],
    true,
  ],
]
for (const [name, packets, admitted] of ROWS) {
  t.test(`an event ${name} is ${admitted ? 'let through' : 'muted'}`, async (t) => {
    const guard = new ReturnGuard('PCMA', SINCE)
    const answers = packets.map(([atMs, timestamp, duration]) =>
      guard.admits(event(timestamp, duration), EVENT, SINCE + atMs),
    )
    t.equal(answers.at(-1), admitted)
    guard.close()
    guard.close()
  })
}

t.test('an event packet that is too short is muted', async (t) => {
  t.equal(new ReturnGuard('PCMA', SINCE).admits(event(1, 1).subarray(0, 14), EVENT, SINCE + 5000), false)
})

t.test('it is over when sound was free and the last old packet must have come', async (t) => {
  const guard = new ReturnGuard('PCMA', SINCE)
  t.equal(guard.isOver(SINCE + 60_000), false, 'nothing was heard yet')
  const packet = new Uint8Array(172).fill(0xd5)
  writeHeader(packet, 8, false, 1, 1, 1)
  const heard = Array.from({ length: 20 }, () => guard.admits(packet, 0, SINCE + 100))
  t.same(heard.slice(0, 3), [false, false, true], '40 ms are muted blindly')
  t.equal(guard.isOver(SINCE + 9000), false)
  t.equal(guard.isOver(SINCE + 11_000), true)
})
