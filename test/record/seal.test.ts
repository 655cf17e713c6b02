import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import t from 'tap'
import { openSegment, recipientsOf } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl, rsa } from './recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())

const identities = ['own', 'escrow'].map((name, at) => ({
  name,
  ...tool.selfSigned(name, rsa(at === 0 ? 3072 : 2048)),
}))
const recipients = identities.map(({ certificate }) => readRecordingCertificate(certificate, Date.now()).recipient)
const seal = createSeal(recipients)

/** As anybody opens it without Sotto. */
function opened(message: Uint8Array, name: string): Buffer {
  tool.write('segment.p7m', message)
  const words = ['-inform', 'DER', '-in', 'segment.p7m', '-inkey', `${name}.key`, '-recip', `${name}.pem`]
  return tool.run('cms', '-decrypt', '-binary', ...words)
}

for (const size of [0, 1, 100, 127, 128, 255, 256, 65_535, 65_536, 96_000]) {
  t.test(`${size} octets are opened by openssl and by us, with either key`, async (t) => {
    const content = randomBytes(size)
    const copy = Buffer.from(content)
    const message = seal(content)
    t.ok(content.equals(copy), 'the content is left as it is')
    for (const { name, key, certificate } of identities) {
      t.ok(opened(message, name).equals(content), `openssl, ${name}`)
      const privateKey = createPrivateKey(key)
      t.ok(content.equals(openSegment(message, privateKey)), `by the key alone, ${name}`)
      t.ok(content.equals(openSegment(message, privateKey, new X509Certificate(certificate))), `and its certificate`)
    }
    t.notOk(size > 20 && Buffer.from(message).includes(content.subarray(0, 20)), 'and nothing of it is plain')
  })
}

t.test('openssl prints the structure that is documented, and whom it is for', async (t) => {
  const message = seal(Buffer.from('a segment'))
  tool.write('segment.p7m', message)
  const printed = tool.run('cms', '-cmsout', '-print', '-inform', 'DER', '-in', 'segment.p7m').toString()
  t.match(printed, /contentType: id-smime-ct-authEnvelopedData/)
  t.match(printed, /authEncryptedContentInfo: \s+contentType: pkcs7-data/)
  t.match(printed, /algorithm: aes-256-gcm/)
  t.equal(printed.match(/algorithm: rsaesOaep/g)?.length, 2)
  t.equal(printed.match(/version: 0/g)?.length, 3)
  const serials = identities.map(({ certificate }) => new X509Certificate(certificate).serialNumber)
  for (const serial of serials) t.match(printed, `serialNumber: 0x${serial}`)
  const told = recipientsOf(message)
  t.strictSame(told.map(({ serialNumber }) => serialNumber).sort(), serials.sort())
  const ids = told.map(({ issuerAndSerial }) => Buffer.from(issuerAndSerial).toString('hex'))
  t.strictSame(ids.sort(), recipients.map(({ issuerAndSerial }) => Buffer.from(issuerAndSerial).toString('hex')).sort())
})

t.test('openssl writes the same message again, octet by octet: it is DER', async (t) => {
  const message = seal(Buffer.from('a segment'))
  tool.write('segment.p7m', message)
  tool.run('cms', '-cmsout', '-inform', 'DER', '-in', 'segment.p7m', '-outform', 'DER', '-out', 'again.p7m')
  t.ok(tool.run('cms', '-cmsout', '-inform', 'DER', '-in', 'again.p7m', '-outform', 'DER').equals(message))
})

t.test('every segment has a key and a nonce of its own', async (t) => {
  const messages = Array.from({ length: 3 }, () => Buffer.from(seal(Buffer.alloc(64))).toString('hex'))
  t.equal(new Set(messages).size, 3)
  t.equal(new Set(messages.map((each) => each.slice(-36 - 128))).size, 3)
})

t.test('what openssl seals in this way is opened', async (t) => {
  const content = randomBytes(1000)
  tool.write('plain', content)
  const oaep = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']
  const words = ['-encrypt', '-aes-256-gcm', '-binary', '-in', 'plain', '-outform', 'DER', '-recip', 'own.pem', ...oaep]
  const message = tool.run('cms', ...words)
  t.ok(content.equals(openSegment(message, createPrivateKey(tool.read('own.key')))))
})

t.test('a seal is for somebody', async (t) => {
  t.throws(() => createSeal([]), RangeError)
  const [recipient] = recipients
  if (recipient === undefined) throw new Error('no recipient')
  t.throws(() => createSeal(Array.from({ length: 65 }, () => recipient)), RangeError)
  const message = createSeal(Array.from({ length: 64 }, () => recipient))(Buffer.from('for many'))
  t.equal(recipientsOf(message).length, 64)
  t.ok(opened(message, 'own').equals(Buffer.from('for many')))
})
