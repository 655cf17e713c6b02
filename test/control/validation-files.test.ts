/** The files of the validation service: what is in them counts from the next session on, without a restart. */

import { generateKeyPairSync } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Config, readConfig } from '../../src/base/config.ts'
import { readValidation } from '../../src/control/validation-files.ts'
import { Entry } from '../../src/vault/entry.ts'
import { prepareRequest } from '../../src/vault/request.ts'
import { type SubmitResult, submit } from '../../src/vault/submit.ts'
import { makeAuthority } from '../peers/authority.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { planFor, realClock } from '../vault/bench.ts'

function configured(lines: Record<string, unknown>): Config['secureInput']['validation'] {
  const outcome = readConfig({ text: JSON.stringify({ secureInput: { validation: lines } }), env: {} })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config.secureInput.validation
}

/** One session's request, with what the files say now. */
function send(config: Config['secureInput']['validation']): Promise<SubmitResult | 'no-validation'> {
  const validation = readValidation(config)
  if (validation === undefined) return Promise.resolve('no-validation')
  const plan = { ...planFor({ validationPort: 1, authority: '', transactionId: 'T' }), validation }
  const request = prepareRequest(plan, [{ name: 'customer', value: 'x' }], 1)
  return new Promise((resolve) => {
    submit({ plan, request, entry: new Entry(), clock: realClock, onResult: resolve })
  })
}

const accepted = { value: 'accepted', details: 'That number was good' }
const unknown = { failure: 'validation-unknown-authority' }

t.test('a folder that changes between sessions: new trust at once, old beside it, old gone', async (t) => {
  const [old, renewed] = [await startValidationPeer(), await startValidationPeer()]
  t.teardown(() => Promise.all([old.close(), renewed.close()]))
  const folder = t.testdir({})
  const at = (port: number) => configured({ url: `https://127.0.0.1:${port}/`, caFolder: folder })
  t.equal(await send(at(old.port)), 'no-validation', 'an empty folder trusts nobody')
  writeFileSync(join(folder, 'old.pem'), old.authority)
  t.same(await send(at(old.port)), accepted)
  t.same(await send(at(renewed.port)), unknown)
  writeFileSync(join(folder, 'new.crt'), renewed.authority)
  t.same([await send(at(old.port)), await send(at(renewed.port))], [accepted, accepted], 'both')
  rmSync(join(folder, 'old.pem'))
  t.same([await send(at(old.port)), await send(at(renewed.port))], [unknown, accepted])
})

t.test('a client certificate that TLS cannot load: no session begins', async (t) => {
  const peer = await startValidationPeer()
  const authority = makeAuthority()
  t.teardown(async () => {
    authority.close()
    await peer.close()
  })
  const [one, other] = [authority.issue(['DNS:one.example']), authority.issue(['DNS:other.example'])]
  const folder = t.testdir({
    'ca.pem': peer.authority,
    'c.pem': one.certificate,
    'k.pem': one.key,
    'other.pem': other.key,
    'empty.pem': '',
  })
  const files = { caFile: join(folder, 'ca.pem'), clientCertFile: join(folder, 'c.pem') }
  const withKey = (name: string) =>
    configured({ url: `https://127.0.0.1:${peer.port}/`, ...files, clientKeyFile: join(folder, name) })
  t.same(await send(withKey('k.pem')), accepted)
  t.equal(await send(withKey('other.pem')), 'no-validation', 'the key of another one')
  t.equal(await send(withKey('ca.pem')), 'no-validation', 'no key')
  t.equal(await send(withKey('empty.pem')), 'no-validation', 'nothing at all')
})

t.test('what the configuration says reaches the plan', async (t) => {
  const folder = t.testdir({})
  const [caFile, publicKeyFile] = [join(folder, 'ca.pem'), join(folder, 'key.pem')]
  writeFileSync(caFile, '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n')
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }))
  const url = 'https://[2001:db8::1]/a?b'
  t.match(readValidation(configured({ url, caFile })), {
    host: '2001:db8::1',
    port: 443,
    path: '/a?b',
    format: 'xml',
    pins: [],
    retry: 'before-sending',
    retries: 2,
  })
  const pin = `${'A'.repeat(43)}=`
  const sealed = { url, caFile, format: 'sealed', publicKeyFile, pins: [pin], retry: 'idempotent', retries: 1 }
  t.match(readValidation(configured(sealed)), {
    format: 'sealed',
    sealingKey: { algorithm: 'ECDH-ES' },
    pins: [pin],
    retry: 'idempotent',
    retries: 1,
  })
  writeFileSync(publicKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  t.equal(readValidation(configured(sealed)), undefined, 'a key that cannot be used')
  rmSync(publicKeyFile)
  t.equal(readValidation(configured(sealed)), undefined, 'a key that is not there')
  t.equal(readValidation(configured({ url, caFile: publicKeyFile })), undefined)
  const other = { ...configured({ url, caFile }), allowHosts: ['pay.example'] }
  t.equal(readValidation(other), undefined, 'a host that is not allowed')
})
