/** The fuzzed reader of sealed recordings: files of segments, and each segment with its key; as they are, and in one that is made right again. */

import { createPrivateKey } from 'node:crypto'
import { Fault } from '../../src/base/fault.ts'
import { element, elementsOf, TAG } from '../../src/record/der.ts'
import { segmentsOf, wholeLength } from '../../src/record/file-segments.ts'
import { openSegment, recipientsOf } from '../../src/record/open.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl } from '../record/recording-keys.ts'
import { holds, type Target } from './target.ts'

const CONTENT = Buffer.from('what was said')

/** @returns what comes out; undefined for a fault. */
function unlessFault<Made>(make: () => Made): Made | undefined {
  try {
    return make()
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined
    throw thrown
  }
}

/** Lengths of the outer three elements as they should be, so that what is wrong deeper down is reached. */
function madeRight(octets: Buffer): Buffer {
  const type = octets.subarray(4, 17)
  const rest = octets.subarray(25)
  return Buffer.concat(
    element(TAG.sequence, type, ...element(TAG.explicit0, ...element(TAG.sequence, rest.subarray(0, 65_000)))),
  )
}

/** Made when it is used: an RSA key is behind it. */
export function recordingTarget(): Target {
  const tool = openssl()
  const { certificate, key: pem } = tool.selfSigned('own')
  tool.close()
  const key = createPrivateKey(pem)
  const seal = createSeal([readRecordingCertificate(certificate, Date.now()).recipient])
  const one = seal(CONTENT)
  holds(madeRight(Buffer.from(one)).equals(one), 'a right one is left as it is')

  const checkSegment = (octets: Buffer) => {
    const content = unlessFault(() => openSegment(octets, key))
    holds(content === undefined || CONTENT.equals(content), 'what opens is what was sealed')
    const recipients = unlessFault(() => recipientsOf(octets))
    holds(recipients !== undefined || content === undefined, 'what opens is for somebody')
    for (const { serialNumber } of recipients ?? []) holds(/^[0-9A-F]*$/.test(serialNumber), 'a serial number is hex')
  }
  return {
    name: 'recording',
    seeds: [one, Buffer.concat([one, seal(CONTENT)])],
    check: (octets) => {
      const read = (at: number, length: number) => {
        holds(at >= 0 && length >= 0 && at + length <= octets.length, 'nothing is read outside of the file')
        return octets.subarray(at, at + length)
      }
      const whole = wholeLength(read, octets.length)
      const segments = [...segmentsOf(read, octets.length)]
      holds(Buffer.concat(segments).equals(octets.subarray(0, whole)), 'segments fill what is whole')
      for (const segment of segments) {
        holds(elementsOf(segment)?.length === 1, 'a segment is one element')
        checkSegment(Buffer.from(segment))
      }
      checkSegment(octets)
      checkSegment(madeRight(octets))
    },
  }
}
