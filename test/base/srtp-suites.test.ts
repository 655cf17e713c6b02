import { randomBytes } from 'node:crypto'
import t from 'tap'
import { copyKeys, copyOf, wipeKeys } from '../../src/base/srtp-suites.ts'

t.test('keys that are copied outlast what is done to the copy, whatever holds them', async (t) => {
  for (const draw of [randomBytes, (size: number) => Uint8Array.from(randomBytes(size))]) {
    // Masters of one draw are views of it.
    const drawn = draw(60)
    const keys = {
      suite: 'AES_CM_128_HMAC_SHA1_80',
      sendMaster: drawn.subarray(0, 30),
      receiveMaster: drawn.subarray(30),
    } as const
    const before = [...drawn]
    const copy = copyKeys(keys)
    t.strictSame([...copy.sendMaster, ...copy.receiveMaster], before)
    wipeKeys(copy)
    t.strictSame([...drawn], before)
    t.not(copyOf(drawn).buffer, drawn.buffer)
  }
})
