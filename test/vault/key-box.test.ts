import t from 'tap'
import { SEALED_KEY_SIZE } from '../../src/vault/contract.ts'
import { KeyBox } from '../../src/vault/key-box.ts'
import { createKeySlip } from '../../src/vault/key-slip.ts'

const BODY = Buffer.from('Signal=5\r\nDuration=160\r\n')

t.test('a key goes past control sealed, and only the vault it is for can read it', async (t) => {
  const [one, other] = [new KeyBox(), new KeyBox()]
  const slip = createKeySlip(() => [
    [101, one.publicKey],
    [102, other.publicKey],
  ])
  t.ok(slip.put('dtmf-relay', Buffer.concat([Buffer.from('head'), BODY]), 4, 4 + BODY.length))
  const sealed = slip.seal()
  t.same([...(sealed?.keys() ?? [])], [101, 102], 'one box for each vault')
  const [first, second] = [sealed?.get(101), sealed?.get(102)]
  if (first === undefined || second === undefined) throw new Error('not sealed')
  t.notOk(Buffer.from(first).includes('Signal'))
  t.notSame(first, slip.seal()?.get(101), 'never twice the same')
  t.equal(one.open(first), 5)
  t.equal(other.open(second), 5)
  t.equal(one.open(second), -1, 'not for this vault')
  for (const at of [0, 40, SEALED_KEY_SIZE - 1]) {
    const changed = Uint8Array.from(first)
    changed[at] = (changed[at] as number) ^ 1
    t.equal(one.open(changed), -1, `changed at ${at}`)
  }
  t.equal(one.open(first), 5, 'a failure spoils nothing')
  one.close()
  one.close()
  t.equal(one.open(first), -1, 'its key is gone')
})

t.test('what is sealed is always as long', async (t) => {
  const box = new KeyBox()
  const slip = createKeySlip(() => [[1, box.publicKey]])
  for (const [form, body, key] of [
    ['dtmf', '7', 7],
    ['dtmf-relay', 'Signal=#\r\nDuration=160\r\n', 11],
    ['dtmf-relay', `Signal=#${' '.repeat(54)}`, 11],
    ['dtmf', 'no key', -1],
  ] as const) {
    const octets = Buffer.from(body)
    t.ok(slip.put(form, octets, 0, octets.length))
    t.equal(slip.read(), key)
    const sealed = slip.seal()?.get(1) ?? new Uint8Array()
    t.equal(sealed.length, SEALED_KEY_SIZE)
    t.equal(box.open(sealed), key)
  }
})

t.test('nothing is kept that is too long, and nothing after a wipe', async (t) => {
  const box = new KeyBox()
  const slip = createKeySlip(() => [[1, box.publicKey]])
  t.equal(slip.seal(), undefined, 'nothing yet')
  const long = Buffer.alloc(63, 0x20)
  t.notOk(slip.put('dtmf-relay', long, 0, long.length))
  t.equal(slip.seal(), undefined)
  slip.put('dtmf', Buffer.from('5'), 0, 1)
  t.notOk(slip.put('dtmf', long, 0, long.length), 'and what lay there before is gone')
  t.equal(slip.read(), -1)
  slip.put('dtmf', Buffer.from('5'), 0, 1)
  slip.wipe()
  slip.wipe()
  t.equal(slip.read(), -1)
  t.equal(slip.seal(), undefined)
  t.equal(createKeySlip(() => []).seal(), undefined)
})

t.test('without a vault there is nobody to seal for', async (t) => {
  const slip = createKeySlip(() => [])
  slip.put('dtmf', Buffer.from('5'), 0, 1)
  t.equal(slip.seal(), undefined)
})
