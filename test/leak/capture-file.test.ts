/** A capture file is read in pieces, whatever lies across their borders, and tells where it was cut. */

import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { CaptureFile } from '../../src/leak/capture-file.ts'
import { MAX_BLOCK } from '../../src/rtp/pcapng.ts'
import { captureHead, captureOf, packetBlock } from '../peers/written-capture.ts'

function written(octets: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-capture-file-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.pcapng')
  writeFileSync(path, octets)
  return path
}

const numbersIn = (file: CaptureFile) => Array.from(file, ({ bytes }) => Buffer.from(bytes).readUInt32LE(0))
const numbered = (count: number, size: number) =>
  Array.from({ length: count }, (_, i) => {
    const packet = Buffer.alloc(size)
    packet.writeUInt32LE(i)
    return packet
  })

t.test('packets on the borders of pieces come once, in their order', async (t) => {
  // Several pieces, no border of which is one of a packet.
  const count = 200
  const file = new CaptureFile(written(captureOf(numbered(count, 150_001))))
  const wanted = Array.from({ length: count }, (_, i) => i)
  t.strictSame(numbersIn(file), wanted)
  t.equal(file.cutShort, false)
  t.strictSame(numbersIn(file), wanted, 'and again')
})

t.test('a file that ends in a block, or goes on with damage, says so', async (t) => {
  const path = written(captureOf(numbered(3, 100)))
  const file = new CaptureFile(path)
  appendFileSync(path, packetBlock(Buffer.alloc(100)).subarray(0, 60))
  t.strictSame(numbersIn(file), [0, 1, 2])
  t.equal(file.cutShort, true)
  truncateSync(path, captureOf(numbered(3, 100)).length)
  // A block of this length is none, and what comes after it is not searched.
  appendFileSync(path, Buffer.alloc(3 * MAX_BLOCK, 0xff))
  t.strictSame(numbersIn(file), [0, 1, 2])
  t.equal(file.cutShort, true)
  truncateSync(path, captureHead().length)
  t.strictSame(numbersIn(file), [])
  t.equal(file.cutShort, false, 'a capture of nothing is whole')
})

t.test('what is no capture is refused', async (t) => {
  for (const octets of [Buffer.alloc(0), Buffer.alloc(100)])
    t.throws(() => numbersIn(new CaptureFile(written(octets))), { message: 'it is no capture' })
})
