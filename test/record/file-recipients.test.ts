/** Whom a segment is sealed to shows by its beginning, and damage is told as where all of it is read. */

import t from 'tap'
import { recipientsAt } from '../../src/record/file-recipients.ts'
import { placesOf } from '../../src/record/file-segments.ts'
import { recipientsOf } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { SEGMENT_OCTETS } from '../../src/record/segment.ts'
import { openssl, rsa } from '../record/recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())
const recipient = (name: string) =>
  readRecordingCertificate(tool.selfSigned(name, rsa(2048)).certificate, Date.now()).recipient
const two = [recipient('one'), recipient('two')]

/** As a file is read, counting what is read of it. */
function reader(octets: Uint8Array) {
  const tally = { octets: 0 }
  const read = (at: number, length: number) => {
    tally.octets += length
    return octets.subarray(at, at + length)
  }
  return { read, tally }
}
const inHex = (found: ReturnType<typeof recipientsOf>) =>
  found.map(({ issuerAndSerial, serialNumber }) => [serialNumber, Buffer.from(issuerAndSerial).toString('hex')])
const outcome = (of: () => ReturnType<typeof recipientsOf>): string => {
  try {
    return of()
      .map(({ serialNumber }) => serialNumber)
      .join()
  } catch (thrown) {
    return (thrown as { code: string }).code
  }
}

t.test('of a recording of many segments little is read', async (t) => {
  const file = Buffer.concat(Array.from({ length: 20 }, () => createSeal(two)(new Uint8Array(SEGMENT_OCTETS))))
  const { read, tally } = reader(file)
  const places = [...placesOf(read, file.length)]
  t.equal(places.length, 20)
  for (const { at, length } of places)
    t.strictSame(inHex(recipientsAt(read, at, length)), inHex(recipientsOf(file.subarray(at, at + length))))
  t.ok(tally.octets < file.length / 20, `${tally.octets} octets of ${file.length}`)
})

t.test('small segments, and more recipients than stand at the beginning', async (t) => {
  const many = Array.from({ length: 40 }, (_, i) => two[i % 2] as (typeof two)[0])
  for (const [recipients, size] of [
    [two, 0],
    [two, 5000],
    [many, 0],
    [many, SEGMENT_OCTETS],
  ] as const) {
    const message = createSeal(recipients)(new Uint8Array(size))
    const found = recipientsAt(reader(message).read, 0, message.length)
    t.equal(found.length, recipients.length)
    t.strictSame(inHex(found), inHex(recipientsOf(message)))
  }
})

t.test('each octet of the structure that is damaged', async (t) => {
  const message = createSeal(two)(new Uint8Array(10_000))
  let damaged = 0
  for (const at of [...Array(1500).keys(), ...Array.from({ length: 40 }, (_, i) => message.length - 40 + i)]) {
    const hurt = message.slice()
    hurt[at] = (hurt[at] as number) ^ 0x15
    const wanted = outcome(() => recipientsOf(hurt))
    const got = outcome(() => recipientsAt(reader(hurt).read, 0, hurt.length))
    if (got !== wanted) t.fail(`octet ${at}: ${got} where it is ${wanted}`)
    if (wanted === 'recording.not-sealed') damaged++
  }
  t.ok(damaged > 100, `${damaged} of them are told`)
})
