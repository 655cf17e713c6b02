import t from 'tap'
import { read16, read32, write16, write32 } from '../../src/rtp/octets.ts'
import { clip } from '../../src/rtp/sample.ts'

t.test('big-endian numbers there and back, only the low bits count', async (t) => {
  const p = new Uint8Array(8).fill(0xee)
  write16(p, 1, 0x12345)
  t.strictSame([...p.subarray(0, 4)], [0xee, 0x23, 0x45, 0xee])
  t.equal(read16(p, 1), 0x2345)
  for (const v of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    write32(p, 3, v)
    t.equal(read32(p, 3), v)
    t.strictSame([p[2], p[7]], [0x45, 0xee])
  }
  write32(p, 3, -1)
  t.equal(read32(p, 3), 0xffffffff)
})

t.test('samples are clipped, not wrapped', async (t) => {
  t.strictSame([40000, 32767, 5, -5, -32768, -40000].map(clip), [32767, 32767, 5, -5, -32768, -32768])
})
