import 'reflect-metadata'
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { X509Certificate as OtherReader } from '@peculiar/x509'
import t from 'tap'
import { certificateFacts } from '../../src/base/certificate-facts.ts'
import { Fault } from '../../src/base/fault.ts'
import { recipientsOf } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl, rsa } from './recording-keys.ts'

const DAY_MS = 86_400_000
/** After every certificate that is made here. */
const nowMs = Date.now() + 60_000
const tool = openssl()
t.teardown(() => tool.close())
const own = tool.selfSigned('own', rsa(3072))

/** A certificate by the authority `own`, for a public key that need not be anybody's. */
function issued(publicKey: string, ...words: string[]): string {
  tool.write('public.pem', publicKey)
  tool.run('req', '-new', '-key', 'own.key', '-subj', '/CN=issued', '-out', 'issued.csr')
  const signing = ['-CA', 'own.pem', '-CAkey', 'own.key', '-days', '30', ...words]
  return tool.run('x509', '-req', '-in', 'issued.csr', '-force_pubkey', 'public.pem', ...signing).toString()
}
const publicPem = (n: Buffer, e: Buffer) =>
  createPublicKey({ key: { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
const publicOf = (certificate: string) =>
  createPublicKey(certificate).export({ type: 'spki', format: 'pem' }).toString()
const SERIAL = '8000000000000000000000000000000000000001'
/** Positive, and so with an octet of zeros before it (X.690 section 8.3). */
const highBit = issued(publicOf(tool.selfSigned('other').certificate), '-set_serial', `0x${SERIAL}`)

function faultOf(pem: string, atMs = nowMs): Fault {
  try {
    readRecordingCertificate(pem, atMs)
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

t.test('a certificate that is taken, and what is known of it', async (t) => {
  const read = readRecordingCertificate(own.certificate, nowMs)
  const certificate = new X509Certificate(own.certificate)
  t.strictSame(read.facts, certificateFacts(certificate))
  t.equal(read.bits, 3072)
  t.equal(read.selfSigned, true)
  t.same(read.recipient.publicKey, certificate.publicKey.export({ type: 'spki', format: 'der' }))
  const issuedOne = readRecordingCertificate(highBit, nowMs)
  t.equal(issuedOne.selfSigned, false)
  t.match(issuedOne.facts, { subject: 'CN=issued', serialNumber: SERIAL })
})

t.test('issuer and serial number stand there octet by octet as in the certificate', async (t) => {
  for (const [pem, serial] of [
    [own.certificate, `0214${new X509Certificate(own.certificate).serialNumber}`],
    [highBit, `021500${SERIAL}`],
  ] as const) {
    const issuer = Buffer.from(new OtherReader(pem).issuerName.toArrayBuffer()).toString('hex')
    const { issuerAndSerial } = readRecordingCertificate(pem, nowMs).recipient
    t.equal(Buffer.from(issuerAndSerial.subarray(2)).toString('hex'), `${issuer}${serial.toLowerCase()}`)
    t.strictSame([issuerAndSerial[0], issuerAndSerial[1]], [0x30, issuerAndSerial.length - 2])
  }
})

t.test('openssl finds such a recipient', async (t) => {
  tool.write('high.pem', highBit)
  const message = createSeal([readRecordingCertificate(highBit, nowMs).recipient])(Buffer.from('found'))
  tool.write('high.p7m', message)
  const words = ['-decrypt', '-inform', 'DER', '-in', 'high.p7m', '-inkey', 'other.key', '-recip', 'high.pem']
  t.equal(tool.run('cms', ...words).toString(), 'found')
  t.strictSame(
    recipientsOf(message).map(({ serialNumber }) => serialNumber),
    [SERIAL],
  )
})

t.test('text around its block, other line ends and more blocks do not matter', async (t) => {
  const wanted = readRecordingCertificate(own.certificate, nowMs)
  const oneLine = own.certificate.replace(/(?<!-)\n(?!-)/g, '')
  for (const [what, pem] of Object.entries({
    CRLF: own.certificate.replaceAll('\n', '\r\n'),
    text: `\ufeffsubject=CN = own\n\n${own.certificate}\nBag Attributes: ä`,
    'no end of the last line': own.certificate.trimEnd(),
    'one long line': oneLine,
    indented: own.certificate.replace(/^/gm, '  '),
    'its authority behind': `${own.certificate}${highBit}`,
    'as openssl prints it': tool.run('x509', '-text', '-in', 'own.pem').toString(),
  }))
    t.strictSame(readRecordingCertificate(pem, nowMs), wanted, what)
})

t.test('what is no certificate', async (t) => {
  const spoilt = own.certificate.replace(/\n.{4}/, '\n!AAA')
  const longer = new X509Certificate(own.certificate).raw.toString('hex')
  const block = (hex: string) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(hex, 'hex').toString('base64')}\n-----END CERTIFICATE-----\n`
  t.equal(readRecordingCertificate(block(longer), nowMs).bits, 3072)
  for (const [what, pem] of Object.entries({
    nothing: '',
    text: 'own.pem',
    'a public key': publicOf(own.certificate),
    'a request': tool.read('issued.csr'),
    'no end': own.certificate.slice(0, -30),
    'an end before its beginning': `-----END CERTIFICATE-----\n${own.certificate.replace(/-----END.*/, '')}`,
    'another label': own.certificate.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
    'a spoilt one before a good one': `${spoilt}${own.certificate}`,
    'an octet behind it': block(`${longer}00`),
    'an octet too few': block(longer.slice(0, -2)),
    'nothing in the block': block(''),
    'an empty sequence': block('3000'),
  }))
    t.equal(faultOf(pem).code, 'recording.no-certificate', what)
})

t.test('a private key is not taken, and nothing of it is said', async (t) => {
  const words = ['-in', 'own.key', '-passout', 'pass:right']
  for (const pem of [
    own.key,
    `${own.certificate}${own.key}`,
    tool.run('rsa', '-traditional', '-in', 'own.key').toString(),
    tool.run('pkcs8', '-topk8', ...words).toString(),
    tool.run('rsa', '-traditional', '-aes256', ...words).toString(),
  ]) {
    const { code, cause, detail, message } = faultOf(pem)
    t.strictSame({ code, cause, detail }, { code: 'recording.private-key', cause: undefined, detail: {} })
    t.notMatch(message, /[A-Za-z0-9+/]{24}/)
  }
})

t.test('keys that recordings are not sealed to', async (t) => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  t.equal(faultOf(tool.selfSigned('ec', curve).certificate).code, 'recording.certificate-not-rsa')
  const pss = ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048']
  t.equal(faultOf(tool.selfSigned('pss', pss).certificate).code, 'recording.certificate-not-rsa')
  for (const bits of [1024, 2047])
    t.match(faultOf(tool.selfSigned('weak', rsa(bits)).certificate), {
      code: 'recording.certificate-weak',
      detail: { bits },
    })
  t.equal(readRecordingCertificate(tool.selfSigned('enough', rsa(2048)).certificate, nowMs).bits, 2048)
})

t.test('keys that OpenSSL cannot seal to, or that would seal nothing', async (t) => {
  const n = (bits: number) => Buffer.concat([Buffer.from([0xc0]), randomBytes(bits / 8 - 2), Buffer.from([1])])
  const rows = {
    'an exponent of 1': publicPem(n(2048), Buffer.from([1])),
    'a modulus of 17408 bits': publicPem(n(17_408), Buffer.from([1, 0, 1])),
    'an exponent of 128 bits': publicPem(n(4096), Buffer.concat([randomBytes(15), Buffer.from([1])])),
  }
  for (const [what, pem] of Object.entries(rows))
    t.equal(faultOf(issued(pem)).code, 'recording.certificate-unusable', what)
})

t.test('key usage, where it is said', async (t) => {
  const usage = (words: string) => tool.selfSigned('usage', rsa(2048), '-addext', `keyUsage=${words}`).certificate
  for (const words of ['keyEncipherment', 'critical,keyEncipherment', 'digitalSignature,keyEncipherment'])
    t.equal(readRecordingCertificate(usage(words), nowMs).bits, 2048, words)
  for (const words of [
    'digitalSignature',
    'critical,keyCertSign,cRLSign',
    'dataEncipherment',
    'decipherOnly,keyAgreement',
  ])
    t.equal(faultOf(usage(words)).code, 'recording.certificate-usage', words)
})

t.test('out of its time, with the date', async (t) => {
  const { validFrom, validTo } = certificateFacts(new X509Certificate(own.certificate))
  t.match(faultOf(own.certificate, nowMs + 31 * DAY_MS), {
    code: 'recording.certificate-expired',
    detail: { on: validTo },
  })
  t.match(faultOf(own.certificate, nowMs - DAY_MS), {
    code: 'recording.certificate-not-yet-valid',
    detail: { from: validFrom },
  })
  t.ok(readRecordingCertificate(own.certificate, Date.parse(validFrom)))
  t.ok(readRecordingCertificate(own.certificate, Date.parse(validTo)))
  t.throws(() => readRecordingCertificate(own.certificate, Date.parse(validTo) + 1))
})
