import { createPrivateKey, X509Certificate } from 'node:crypto'
import t from 'tap'
import { Fault } from '../../src/base/fault.ts'
import { openSegment, recipientsOf } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl } from './recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())
const own = tool.selfSigned('own')
const other = tool.selfSigned('other')
const certificate = new X509Certificate(own.certificate)
const key = createPrivateKey(own.key)
const CONTENT = Buffer.from('what was said on the line')
const { recipient } = readRecordingCertificate(own.certificate, Date.now())
const message = Buffer.from(createSeal([recipient])(CONTENT))

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    if (thrown.cause !== undefined) throw new Error('a fault tells what OpenSSL said')
    return thrown.code
  }
  return 'none'
}
const flipped = (at: number, bit: number): Buffer => {
  const copy = Buffer.from(message)
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at)
  return copy
}

t.test('one flipped bit, whichever it is, and nothing is given', async (t) => {
  t.same(openSegment(message, key, certificate), CONTENT)
  const codes = new Map<string, number>()
  for (let at = 0; at < message.length; at += 1) {
    const code = codeOf(() => openSegment(flipped(at, at % 8), key, certificate))
    if (code === 'none') t.fail(`octet ${at}`)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.strictSame([...codes.keys()].sort(), ['recording.changed', 'recording.not-for-key', 'recording.not-sealed'])
})

t.test('each part by its name', async (t) => {
  const tagAt = message.length - 16
  const cipherAt = tagAt - 2 - CONTENT.length
  const nonceAt = message.indexOf(Buffer.from('040c', 'hex'), cipherAt - 40) + 2
  const recipientAt = message.indexOf(Buffer.from(recipient.issuerAndSerial))
  const keyAt = message.indexOf(Buffer.from('04820100', 'hex')) + 4
  t.ok(recipientAt > 0 && keyAt > recipientAt && nonceAt > keyAt && cipherAt > nonceAt)
  const parts = [
    ['tag', tagAt, 16, 'recording.changed'],
    ['ciphertext', cipherAt, CONTENT.length, 'recording.changed'],
    ['nonce', nonceAt, 12, 'recording.changed'],
    ['encrypted key', keyAt, 32, 'recording.changed'],
    ['serial number', recipientAt + recipient.issuerAndSerial.length - 8, 8, 'recording.not-for-key'],
  ] as const
  for (const [what, from, length, code] of parts) {
    for (let at = from; at < from + length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const got = codeOf(() => openSegment(flipped(at, bit), key, certificate))
        if (got !== code) t.fail(`${what} octet ${at - from} bit ${bit}: ${got}`)
      }
    t.pass(what)
  }
  for (let at = keyAt; at < keyAt + 32; at += 1)
    t.equal(
      codeOf(() => openSegment(flipped(at, 0), key)),
      'recording.not-for-key',
      'no certificate says it was ours',
    )
})

t.test('another key', async (t) => {
  const otherKey = createPrivateKey(other.key)
  t.equal(
    codeOf(() => openSegment(message, otherKey)),
    'recording.not-for-key',
  )
  t.equal(
    codeOf(() => openSegment(message, otherKey, certificate)),
    'recording.key-mismatch',
  )
  t.equal(
    codeOf(() => openSegment(message, otherKey, new X509Certificate(other.certificate))),
    'recording.not-for-key',
  )
})

t.test('a key of the right certificate is told by it from a renewed one with the same key', async (t) => {
  tool.run('req', '-x509', '-key', 'own.key', '-days', '30', '-subj', '/CN=own', '-out', 'renewed.pem')
  const renewed = new X509Certificate(tool.read('renewed.pem'))
  t.equal(
    codeOf(() => openSegment(message, key, renewed)),
    'recording.not-for-key',
  )
  t.same(openSegment(message, key), CONTENT, 'the key alone opens it')
})

t.test('what is no segment', async (t) => {
  const rows = {
    nothing: Buffer.alloc(0),
    text: Buffer.from('RIFF....WAVEfmt '),
    'two segments': Buffer.concat([message, message]),
    'rubbish behind': Buffer.concat([message, Buffer.alloc(1)]),
    'a long length': Buffer.from('3084ffffffff', 'hex'),
    'no length': Buffer.from('3080', 'hex'),
    'a thousand elements': Buffer.from(`308207d0${'0500'.repeat(1000)}`, 'hex'),
  }
  for (const [what, octets] of Object.entries(rows)) {
    t.equal(
      codeOf(() => openSegment(octets, key)),
      'recording.not-sealed',
      what,
    )
    t.equal(
      codeOf(() => recipientsOf(octets)),
      'recording.not-sealed',
      what,
    )
  }
  for (let end = 0; end < message.length; end += 1)
    t.equal(
      codeOf(() => recipientsOf(message.subarray(0, end))),
      'recording.not-sealed',
    )
})

t.test('a content key of another length', async (t) => {
  tool.write('plain', CONTENT)
  const oaep = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']
  const words = ['-encrypt', '-binary', '-in', 'plain', '-outform', 'DER', '-recip', 'own.pem', ...oaep]
  const short = tool.run('cms', ...words, '-aes-128-gcm')
  t.equal(
    codeOf(() => openSegment(short, key)),
    'recording.not-sealed',
  )
  const oid128 = Buffer.from('0609608648016503040106', 'hex')
  const oid256 = Buffer.from('060960864801650304012e', 'hex')
  oid256.copy(short, short.indexOf(oid128))
  t.equal(
    codeOf(() => openSegment(short, key)),
    'recording.changed',
  )
  t.equal(
    codeOf(() => openSegment(tool.run('cms', ...words, '-aes-256-cbc'), key)),
    'recording.not-sealed',
  )
})
