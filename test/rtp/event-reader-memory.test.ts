/**
 * The reader's memory after a reset, in a process of its own whose memory is searched for records that hold the codes at equal
 * distances: records lie on the heap, and what the collector moved it leaves a copy of, which no reset overwrites.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import t, { type Test } from 'tap'

const READER = new URL('../../src/rtp/event-reader.ts', import.meta.url).href
/** As many as a reader remembers, none of them zero. */
const CODES = [7, 2, 9, 4, 1, 8, 3, 6]
/** Records of a few to some dozen words. */
const STRIDE_MAX = 512

/** Keys the codes, has the collector move all that moves, then resets the reader, and stays. @param keeps a row of its own as well. */
function teller(keeps: boolean): string {
  return `
    import { EventReader } from '${READER}'
    const reader = new EventReader()
    const packet = new Uint8Array(new ArrayBuffer(200), 0, 16)
    const kept = Array.from({ length: ${CODES.length} }, () => -1)
    let i = 0
    for (const code of ${JSON.stringify(CODES.map((code) => code ^ 0x55))}) {
      packet.set([0x80, 0xe5, 0, ++i, 0, 0, i * 8, 0, 1, 2, 3, 4, code ^ 0x55, 0x8a, 1, 0x40])
      if (reader.accept(packet, 12, 16, i * 200) < 0) throw new Error('not taken')
      if (${keeps}) kept[i - 1] = code ^ 0x55
    }
    packet.fill(0)
    gc({ type: 'minor' }); gc({ type: 'minor' }); gc()
    reader.reset()
    globalThis.kept = [reader, kept]
    process.stdout.write('ready')
    setInterval(() => undefined, 1000)`
}

async function started(t: Test, keeps: boolean): Promise<number> {
  const args = ['--expose-gc', '--no-warnings', '--input-type=module', '--eval', teller(keeps)]
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.stdout === null || child.pid === undefined) throw new Error('no process')
  await once(child.stdout, 'data')
  return child.pid
}

/** Rows of small integers as V8 keeps them, in the upper half of a word, in all writable memory. */
function rowsOfCodes(pid: number): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  let found = 0
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)
    if (match === null) continue
    const start = Number.parseInt(match[1] ?? '', 16)
    const octets = new Uint8Array(Number.parseInt(match[2] ?? '', 16) - start)
    try {
      readSync(memory, octets, 0, octets.length, start)
    } catch {
      continue
    }
    found += rowsIn(new Uint32Array(octets.buffer))
  }
  closeSync(memory)
  return found
}

function rowsIn(words: Uint32Array): number {
  const [first = 0] = CODES
  let found = 0
  for (let at = 1; at < words.length; at += 2) {
    if (words[at] !== first || words[at - 1] !== 0) continue
    for (let stride = 2; stride <= STRIDE_MAX / 4; stride += 2) {
      if (CODES.every((code, i) => words[at + i * stride] === code && words[at + i * stride - 1] === 0)) found++
    }
  }
  return found
}

t.test('no row of records tells what was pressed once the reader is reset, whatever the collector moved', async (t) => {
  t.equal(rowsOfCodes(await started(t, false)), 0)
})

t.test('the search finds a row of codes where it is known to be', async (t) => {
  t.ok(rowsOfCodes(await started(t, true)) > 0)
})
