/** Which cipher phones and trunks get: ChaCha20 where they can, since OpenSSL keeps nothing of what it decrypted by that; and any other good one where they cannot. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { clientContext, serverContexts } from '../../src/sip/tls-contexts.ts'
import { makeAuthority } from '../peers/authority.ts'

const authority = makeAuthority()
t.teardown(() => authority.close())
const identity = authority.issue(['DNS:localhost'])

async function cipherOf(server: tls.TlsOptions, client: tls.ConnectionOptions): Promise<string> {
  const listener = tls.createServer(server, (socket) => void socket.on('error', () => undefined).resume())
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false, ...client })
  await once(socket, 'secureConnect')
  const { name } = socket.getCipher()
  socket.destroy()
  listener.close()
  return name
}

t.test('ChaCha20 where both can, whatever the other end would rather have', async (t) => {
  const { first, forName } = serverContexts({ identities: [identity], clientAuthorities: undefined })
  const byName: tls.TlsOptions = { ...first, SNICallback: (name, done) => done(null, forName(name)) }
  for (const server of [first, byName])
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      t.match(await cipherOf(server, { maxVersion }), /CHACHA20/, maxVersion)
})

t.test('connections of ours offer it first', async (t) => {
  const server = { cert: identity.certificate, key: identity.key, honorCipherOrder: false }
  const secureContext = clientContext({ authorities: undefined, identity: undefined })
  t.match(await cipherOf(server, { secureContext }), /CHACHA20/)
})

t.test('who knows only AES gets AES', async (t) => {
  const { first } = serverContexts({ identities: [identity], clientAuthorities: undefined })
  t.equal(await cipherOf(first, { ciphers: 'TLS_AES_128_GCM_SHA256' }), 'TLS_AES_128_GCM_SHA256')
  t.match(await cipherOf(first, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM' }), /ECDHE-(RSA|ECDSA)-AES\d+-GCM/)
})
