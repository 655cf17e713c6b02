import t from 'tap'
import { countUse } from '../../src/sip/digest.ts'
import { nonceWindows } from '../../src/sip/nonce-windows.ts'

const window = { highest: 1, seen: 1 }

t.test('what was kept is found until it expires', async (t) => {
  const windows = nonceWindows(10)
  windows.keep({ nonce: 'a', window, expiresAtMs: 1000 }, 0)
  t.strictSame(windows.windowOf('a', 1000), window)
  t.equal(windows.windowOf('b', 2000), undefined, 'a nonce not seen before')
  windows.keep({ nonce: 'c', window, expiresAtMs: 3000 }, 2000)
  t.equal(windows.size, 1)
})

t.test('a flood of nonces forgets the oldest, and never lets it in again', async (t) => {
  const windows = nonceWindows(3)
  for (const [at, nonce] of ['a', 'b', 'c', 'd'].entries()) windows.keep({ nonce, window, expiresAtMs: 1000 + at }, 0)
  t.equal(windows.size, 3)
  const forgotten = windows.windowOf('a', 1000)
  t.ok(forgotten)
  for (const nc of [1, 2, 31, 32, 0xffffffff])
    t.equal(countUse(forgotten, nc), undefined, `count ${nc} of a forgotten nonce`)
  t.equal(windows.windowOf('e', 1004), undefined, 'a nonce made later is taken')
})
