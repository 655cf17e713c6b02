import t, { type Test } from 'tap'
import { Fault } from '../../src/base/fault.ts'
import { readPrivateKey } from '../../src/record/open.ts'
import { openssl } from './recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())
const { key, certificate } = tool.selfSigned('own')
tool.write('own.key', key)

const written = (...words: string[]) => tool.run(...words).toString()
const PASS = ['-passout', 'pass:right']
const forms = {
  'PKCS#8': written('pkcs8', '-topk8', '-nocrypt', '-in', 'own.key'),
  'PKCS#1': written('rsa', '-traditional', '-in', 'own.key'),
}
const encrypted = {
  'PKCS#8 by PBES2': written('pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-in', 'own.key', ...PASS),
  'PKCS#8 by scrypt': written('pkcs8', '-topk8', '-scrypt', '-in', 'own.key', ...PASS),
  'PKCS#1 by AES': written('rsa', '-traditional', '-aes256', '-in', 'own.key', ...PASS),
}
const modulus = readPrivateKey(forms['PKCS#8']).export({ format: 'jwk' })['n']

function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}
function isRefused(t: Test, pem: string, passphrase: string | undefined, code: string, what: string): void {
  const { code: got, cause, message, detail } = faultOf(() => readPrivateKey(pem, passphrase))
  t.strictSame({ got, cause, detail }, { got: code, cause: undefined, detail: {} }, what)
  t.notMatch(message, /[A-Za-z0-9+/]{24}/, 'and nothing of the key is said')
}

t.test('plain keys, with or without a passphrase, and whatever stands around them', async (t) => {
  for (const [what, pem] of Object.entries(forms)) {
    t.equal(readPrivateKey(pem).export({ format: 'jwk' })['n'], modulus, what)
    t.equal(readPrivateKey(pem, 'not needed').export({ format: 'jwk' })['n'], modulus, what)
    t.equal(readPrivateKey(`${certificate}${pem}`).export({ format: 'jwk' })['n'], modulus, 'behind its certificate')
    const around = `Bag Attributes\r\n    friendlyName: ä\r\n${pem.replaceAll('\n', '\r\n')}\r\n${certificate}`
    t.equal(readPrivateKey(around).export({ format: 'jwk' })['n'], modulus, what)
  }
})

t.test('encrypted keys', async (t) => {
  for (const [what, pem] of Object.entries(encrypted)) {
    t.equal(readPrivateKey(pem, 'right').export({ format: 'jwk' })['n'], modulus, what)
    t.equal(readPrivateKey(pem.replaceAll('\n', '\r\n'), 'right').export({ format: 'jwk' })['n'], modulus, what)
    isRefused(t, pem, undefined, 'recording.no-passphrase', what)
    for (const wrong of ['wrong', '', 'Right', 'right ']) isRefused(t, pem, wrong, 'recording.wrong-passphrase', what)
  }
})

t.test('what is no RSA key', async (t) => {
  const ec = written('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')
  isRefused(t, ec, undefined, 'recording.key-not-rsa', 'EC')
  isRefused(t, certificate, undefined, 'recording.no-private-key', 'a certificate')
  isRefused(t, written('rsa', '-pubout', '-in', 'own.key'), undefined, 'recording.no-private-key', 'a public key')
  isRefused(t, '', 'right', 'recording.no-private-key', 'nothing')
  const damaged = forms['PKCS#8'].replace(/\n.{8}/, '\nAAAAAAAA')
  isRefused(t, damaged, undefined, 'recording.no-private-key', 'a damaged one')
})
