/** SRTP and SRTCP with libsrtp at the other end, both ways, through a wrap, out of order and with packets that have been. */

import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { SRTP_SUITES } from '../../src/base/srtp-suites.ts'
import { writeHeader } from '../../src/rtp/packet.ts'
import { srtpEnd, srtpKeys } from '../peers/srtp-end.ts'
import { octets, SEED, seeded } from './seeded.ts'

const random = seeded(SEED)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** @returns what libsrtp answers to a line. */
function libsrtp(t: Test, program: string, words: readonly string[]): (line: string) => Promise<string> {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return async (line) => {
    child.stdin.write(`${line}\n`)
    const { value } = await lines.next()
    return String(value)
  }
}

function rtp(sequence: number): Uint8Array {
  const packet = new Uint8Array(12 + 160)
  writeHeader(packet, 8, false, sequence, sequence * 160, 0xcafe_babe)
  packet.set(octets(random, 160), 12)
  return packet
}

function report(): Uint8Array {
  const packet = octets(random, 52)
  packet.set([0x81, 200, 0, 12, 0xca, 0xfe, 0xba, 0xbe])
  return packet
}

const folder = t.testdir()
const program = join(folder, 'libsrtp-end')
execFileSync('gcc', ['-O1', '-o', program, join(import.meta.dirname, '../peers/libsrtp-end.c'), '-lsrtp2'])

for (const { name } of SRTP_SUITES) {
  t.test(name, async (t) => {
    const keys = srtpKeys(name, 5, 6)
    // The far end of our test's side is ourselves: what it sends, libsrtp receives.
    const ours = srtpEnd(keys)
    const theirs = libsrtp(t, program, [name, hex(keys.sendMaster), hex(keys.receiveMaster)])
    const order = Array.from({ length: 300 }, (_, i) => (65_400 + i) & 0xffff)
    // Late ones among them.
    for (let i = 20; i < order.length; i += 7) {
      const [late, soon] = [order[i - 5] as number, order[i] as number]
      order[i - 5] = soon
      order[i] = late
    }
    let [opened, understood] = [0, 0]
    for (const sequence of order) {
      const packet = rtp(sequence)
      const sealed = ours.seal(packet)
      if ((await theirs(`u ${hex(sealed)}`)) === hex(packet)) opened += 1
      if (sequence % 16 === 0) t.match(await theirs(`u ${hex(sealed)}`), /^-/, 'libsrtp takes nothing twice')
      const reply = rtp(sequence)
      const received = Uint8Array.from(Buffer.from(await theirs(`p ${hex(reply)}`), 'hex'))
      if (hex(ours.open(received) ?? new Uint8Array(0)) === hex(reply)) understood += 1
    }
    t.equal(opened, order.length, 'libsrtp opens what we protect')
    t.equal(understood, order.length, 'we open what libsrtp protects')
    for (let i = 0; i < 20; i++) {
      const plain = report()
      t.equal(await theirs(`U ${hex(ours.sealReport(plain))}`), hex(plain), 'a report of ours')
      const sealed = Uint8Array.from(Buffer.from(await theirs(`P ${hex(plain)}`), 'hex'))
      t.equal(hex(ours.openReport(sealed) ?? new Uint8Array(0)), hex(plain), 'and one of theirs')
    }
  })
}
