import t from 'tap'
import {
  BLOCK_HEADER_SIZE,
  blockBodies,
  blockLength,
  blockOffset,
  blockPayloadType,
  isOlderBlock,
} from '../../src/rtp/redundancy.ts'
import { hostile, SEED } from './seeded.ts'

/** Two older blocks, of 4 and 3 octets, and one of now, of 2. */
const sound = Uint8Array.of(0xe5, 0x0c, 0x80, 0x04, 0x80, 0xff, 0xff, 0xff, 0x08, ...new Uint8Array(4 + 1023 + 2))

t.test('the headers of RFC 2198 section 3', async (t) => {
  t.strictSame(
    [isOlderBlock(sound, 0), blockPayloadType(sound, 0), blockOffset(sound, 0), blockLength(sound, 0)],
    [true, 101, 800, 4],
  )
  const next = BLOCK_HEADER_SIZE
  t.strictSame(
    [isOlderBlock(sound, next), blockPayloadType(sound, next), blockOffset(sound, next), blockLength(sound, next)],
    [true, 0, 16383, 1023],
    'every bit of offset and length',
  )
  t.strictSame([isOlderBlock(sound, 8), blockPayloadType(sound, 8)], [false, 8])
  t.equal(blockBodies(sound, 0, sound.length), 9)
})

t.test('blocks that do not fit', async (t) => {
  const rows: [says: string, start: number, end: number, at: number][] = [
    ['no octet', 0, 0, -1],
    ['half a header', 0, 3, -1],
    ['older headers only', 0, 8, -1],
    ['bodies cut by one octet', 0, 9 + 4 + 1022, -1],
    ['bodies that fit, and nothing of now', 0, 9 + 4 + 1023, 9],
    ['only the block of now', 8, 20, 9],
  ]
  for (const [says, start, end, at] of rows) t.equal(blockBodies(sound, start, end), at, says)
})

t.test(`hostile octets: bodies inside, or -1 (seed ${SEED})`, async (t) => {
  hostile(sound.subarray(0, 40), (p, what) => {
    const at = blockBodies(p, 0, p.length)
    if (at !== -1 && (at < 1 || at > p.length)) t.fail(what)
  })
})
