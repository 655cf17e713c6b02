import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import t from 'tap'
import { readSealingKey } from '../../src/base/sealing-key.ts'

const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
const jwk = (key: KeyObject, more: object = {}) => JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })

t.test('keys that are taken, as PEM and as JWK alike', async (t) => {
  const rows = [
    ['RSA-OAEP-256', rsa(2048)],
    ['ECDH-ES', ec('P-256')],
    ['ECDH-ES', generateKeyPairSync('x25519')],
  ] as const
  for (const [algorithm, { publicKey }] of rows) {
    const keyId = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }))
    const wanted = { algorithm, keyId, publicKey: pem(publicKey) }
    t.strictSame(readSealingKey(pem(publicKey)), wanted)
    t.strictSame(readSealingKey(jwk(publicKey)), wanted)
    t.match(readSealingKey(jwk(publicKey, { kid: 'k1', use: 'enc', alg: algorithm })), { ...wanted, keyId: 'k1' })
  }
})

t.test('keys that are not', async (t) => {
  const { publicKey, privateKey } = ec('P-256')
  const rows: readonly [string, string, RegExp][] = [
    ['nothing', '', /no public key/],
    ['a list', '[]', /no public key/],
    ['JSON that is no key', '{"kty":"EC"}', /no public key/],
    ['a private key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /private/],
    ['a private JWK', jwk(privateKey), /private/],
    ['a short RSA key', pem(rsa(1024).publicKey), /2048 to 4096/],
    ['another curve', pem(ec('P-384').publicKey), /P-256 or X25519/],
    ['a signing key', pem(generateKeyPairSync('ed25519').publicKey), /P-256 or X25519/],
    ['a key for another algorithm', jwk(publicKey, { alg: 'ECDH-ES+A256KW' }), /ECDH-ES\+A256KW/],
    ['a key for signatures', jwk(publicKey, { use: 'sig' }), /not for encryption/],
    ['a name that is no header', jwk(publicKey, { kid: 'a\nb' }), /kid/],
  ]
  for (const [what, text, says] of rows) t.match(readSealingKey(text), says, what)
})
