/** The key of a segment's content is wiped, whatever comes of it. */

import crypto, { createPrivateKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { openSegment } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl } from './recording-keys.ts'

/** Content keys as they were, and where they stood. */
const held: { readonly was: Buffer; readonly octets: Uint8Array }[] = []
const hold = <Octets extends Uint8Array>(octets: Octets): Octets => {
  held.push({ was: Buffer.from(octets), octets })
  return octets
}
const { randomFillSync, privateDecrypt } = crypto
Object.assign(crypto, {
  randomFillSync: (octets: Uint8Array) => hold(randomFillSync(octets)),
  privateDecrypt: (...given: Parameters<typeof privateDecrypt>) => hold(privateDecrypt(...given)),
})
syncBuiltinESMExports()

const tool = openssl()
t.teardown(() => tool.close())
const { certificate, key: pem } = tool.selfSigned('own')
const seal = createSeal([readRecordingCertificate(certificate, Date.now()).recipient])
const key = createPrivateKey(pem)
const ZEROS = Buffer.alloc(32)

t.test('after sealing and opening, and after failing at either', async (t) => {
  held.length = 0
  const message = seal(Buffer.from('a segment'))
  openSegment(message, key)
  const changed = Buffer.from(message)
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1)
  t.throws(() => openSegment(changed, key), { code: 'recording.changed' })
  t.throws(() => seal(42 as unknown as Uint8Array), TypeError)
  t.equal(held.length, 4)
  const [sealing, opening, failing, refused] = held
  t.notSame(sealing?.was, ZEROS)
  t.same(opening?.was, sealing?.was, 'it was the same key')
  t.same(failing?.was, sealing?.was)
  t.notSame(refused?.was, sealing?.was, 'and each segment has its own')
  for (const { octets } of held) t.same(Buffer.from(octets), ZEROS)
})
