/** What is sealed here is opened by a JOSE library that knows nothing of us, and by the steps of the standard. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { readSealingKey } from '../../src/base/sealing-key.ts'
import { Entry } from '../../src/vault/entry.ts'
import { sealerFor } from '../../src/vault/jwe.ts'
import { prepareRequest } from '../../src/vault/request.ts'
import { BODY_MAX, SEALED_MAX } from '../../src/vault/request-document.ts'
import { planFor } from './bench.ts'
import { partsOf } from './plans.ts'
import { keyInto } from './spans.ts'

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
const pairs: readonly [string, Pair][] = [
  ['RSA of 2048 bits', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['RSA of 4096 bits', generateKeyPairSync('rsa', { modulusLength: 4096 })],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['X25519', generateKeyPairSync('x25519')],
]

function keyOf({ publicKey }: Pair) {
  const read = readSealingKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  if (typeof read === 'string') throw new Error(read)
  return read
}

for (const [name, pair] of pairs) {
  t.test(`a request sealed to a key of ${name}`, async (t) => {
    const sealingKey = keyOf(pair)
    const base = planFor({ validationPort: 8443, authority: '', transactionId: 'T-1' })
    const plan = { ...base, validation: { ...base.validation, format: 'sealed' as const, sealingKey } }
    const entry = new Entry()
    keyInto(entry, '4012888888881881', '1227', '123')
    const request = prepareRequest(plan, partsOf(plan), 2)
    const out = Buffer.alloc(BODY_MAX)
    const texts = [1, 2].map(() => out.toString('latin1', 0, request.writeBody(entry, out)))
    const [one = '', other = ''] = texts
    t.equal(one.length, request.bodySize(entry), 'the size is known before')
    t.not(one, other, 'each has a content key of its own')
    for (const text of texts) {
      const { plaintext, protectedHeader } = await compactDecrypt(text, pair.privateKey)
      t.equal(
        Buffer.from(plaintext).toString(),
        '{"transactionId":"T-1","submission":2,"items":[{"name":"customer name","value":"Joe Smith"},{"name":"credit card","value":"4012888888881881"},{"name":"expiry","value":"1227"},{"name":"code","value":"123"}]}',
      )
      const { epk, ...header } = protectedHeader
      t.strictSame(
        header,
        {
          alg: sealingKey.algorithm,
          enc: 'A256GCM',
          kid: sealingKey.keyId,
          typ: 'JOSE',
          cty: 'json',
          transactionId: 'T-1',
        },
        'the header, and no more',
      )
      t.equal(epk !== undefined, sealingKey.algorithm === 'ECDH-ES')
    }
    const head = request.head(one.length).toString('latin1')
    t.match(head, '\r\nContent-Type: application/jose\r\n')
    t.match(head, '\r\nIdempotency-Key: T-1-2\r\n')
  })

  t.test(`${name}: the largest request fits into a record, and what was changed is not opened`, async (t) => {
    const sealer = sealerFor({ ...keyOf(pair), keyId: 'k'.repeat(256) }, [['transactionId', `"${'t'.repeat(64)}"`]])
    t.ok(sealer.sizeOf(SEALED_MAX) <= BODY_MAX, `${sealer.sizeOf(SEALED_MAX)} octets`)
    for (const size of [0, 1, 2, 3, 100]) t.equal(sealer.seal(Buffer.alloc(size)).length, sealer.sizeOf(size))
    const text = sealer.seal(Buffer.from('{}')).toString('latin1')
    t.equal(decodeProtectedHeader(text).kid, 'k'.repeat(256))
    const parts = text.split('.')
    // A bit of what is there: octets put in its place might be the same ones.
    const ciphertext = Buffer.from(parts[3] ?? '', 'base64url')
    ciphertext[0] = (ciphertext[0] as number) ^ 1
    const changed = parts.with(3, ciphertext.toString('base64url'))
    await t.rejects(compactDecrypt(changed.join('.'), pair.privateKey))
  })
}

t.test('a key that is not one for its algorithm is refused', async (t) => {
  const [, rsa] = pairs[0] as [string, Pair]
  const [, ec] = pairs[2] as [string, Pair]
  t.throws(() => sealerFor({ ...keyOf(rsa), algorithm: 'ECDH-ES' }, []))
  t.throws(() => sealerFor({ ...keyOf(ec), algorithm: 'RSA-OAEP-256' }, []))
  t.throws(() => sealerFor({ ...keyOf(ec), publicKey: 'nothing' }, []))
})
