import { appendFileSync, closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { segmentsOf, wholeLength } from '../../src/record/file-segments.ts'
import { readRecordingCertificate } from '../../src/record/recipients.ts'
import { createSeal } from '../../src/record/seal.ts'
import { openssl } from './recording-keys.ts'

const tool = openssl()
t.teardown(() => tool.close())
const seal = createSeal([readRecordingCertificate(tool.selfSigned('own').certificate, Date.now()).recipient])
const messages = [0, 1, 300].map((size) => Buffer.from(seal(Buffer.alloc(size, 7))))
const file = Buffer.concat(messages)
const ends = messages.map((_, at) => Buffer.concat(messages.slice(0, at + 1)).length)

/** As a file is read, counting what is read of it. */
function reader(octets: Buffer) {
  const tally = { octets: 0, most: 0 }
  const read = (at: number, length: number) => {
    if (at < 0 || length < 0 || at + length > octets.length) throw new Error(`${length} octets at ${at} are none`)
    tally.octets += length
    tally.most = Math.max(tally.most, length)
    return octets.subarray(at, at + length)
  }
  return { read, tally }
}
const whole = (octets: Buffer) => wholeLength(reader(octets).read, octets.length)
const segments = (octets: Buffer) => [...segmentsOf(reader(octets).read, octets.length)]

t.test('cut at every octet, a file is good up to its last whole segment', async (t) => {
  for (let end = 0; end <= file.length; end += 1) {
    const cut = file.subarray(0, end)
    const wanted = ends.findLast((each) => each <= end) ?? 0
    if (whole(cut) !== wanted) t.fail(`${end}: ${whole(cut)}`)
    t.ok(Buffer.concat(segments(cut)).equals(file.subarray(0, wanted)))
  }
  t.strictSame(segments(file), messages)
})

t.test('rubbish behind a segment is none', async (t) => {
  const [first = Buffer.alloc(0)] = messages
  const empty = Buffer.from('3000', 'hex')
  const rubbish = {
    'one octet': Buffer.from([0x30]),
    zeros: Buffer.alloc(5000),
    ones: Buffer.alloc(5000, 0xff),
    'an empty sequence': empty,
    sequences: Buffer.concat(Array.from({ length: 100 }, () => empty)),
    'a long sequence': Buffer.concat([Buffer.from('308203e8', 'hex'), Buffer.alloc(1000)]),
    'another message': Buffer.from('300f06092a864886f70d010703a0020500', 'hex'),
    'the type of a segment alone': Buffer.from('300d060b2a864886f70d0109100117', 'hex'),
    text: Buffer.from('0123456789 and so on, and so on, and so on'),
    'a length that is not the shortest': Buffer.concat([Buffer.from('308300', 'hex'), first.subarray(2)]),
    'a segment that ends in zeros, as a power cut leaves it': Buffer.concat([first.subarray(0, -64), Buffer.alloc(64)]),
  }
  for (const [what, octets] of Object.entries(rubbish)) {
    const behind = Buffer.concat([file, octets])
    t.equal(whole(behind), file.length, what)
    t.strictSame(segments(behind), messages, what)
    t.equal(whole(octets), 0, `${what}, alone`)
  }
})

t.test('a segment of more than a megabyte is none, and is not read', async (t) => {
  const large = Buffer.from(seal(Buffer.alloc(1_048_576)))
  t.equal(whole(Buffer.concat([file, large])), file.length)
  const most = Buffer.from(seal(Buffer.alloc(1_000_000)))
  t.equal(whole(Buffer.concat([file, most])), file.length + most.length)
})

t.test('to find the end little is read', async (t) => {
  const long = Buffer.concat(Array.from({ length: 20 }, () => Buffer.from(seal(Buffer.alloc(96_000)))))
  const { read, tally } = reader(long)
  t.equal(wholeLength(read, long.length), long.length)
  t.ok(tally.octets <= 20 * 40, `${tally.octets} octets`)
})

t.test('a file that got shorter since its size was asked', async (t) => {
  for (let end = 0; end < file.length; end += 7) {
    const read = (at: number, length: number) => file.subarray(0, end).subarray(at, at + length)
    t.equal(wholeLength(read, file.length), ends.findLast((each) => each <= end) ?? 0)
  }
})

t.test('a file on the disk: cut by a crash, made whole, and gone on with', async (t) => {
  const path = join(tool.folder, 'call-1.p7m')
  appendFileSync(path, file.subarray(0, -20))
  const walked = () => {
    const opened = openSync(path, 'r')
    const read = (at: number, length: number) => {
      const octets = Buffer.alloc(length)
      return octets.subarray(0, readSync(opened, octets, 0, length, at))
    }
    const { size } = fstatSync(opened)
    const found = { size, whole: wholeLength(read, size), segments: [...segmentsOf(read, size)] }
    closeSync(opened)
    return found
  }
  const cut = walked()
  t.strictSame(cut, { size: file.length - 20, whole: ends[1], segments: messages.slice(0, 2) })
  truncateSync(path, cut.whole)
  const [first = Buffer.alloc(0)] = messages
  appendFileSync(path, first)
  const { size, whole, segments } = walked()
  t.equal(whole, size)
  t.strictSame(segments, [...messages.slice(0, 2), first])
})
