/**
 * Overwrites what messages passed through on their way in, when something was cut out of one (`info-cut.ts`): datagrams as everywhere
 * (`base/received-flush.ts`), streams in ways of their own. Node reads all that are not encrypted through one piece of memory that it keeps, and that the next read
 * overwrites as far as it goes.
 */

import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { overwriteFree, overwriteRegisters, overwriteStack } from '../base/leftovers.ts'
import { flushReceived } from '../base/received-flush.ts'
import type { Milliseconds } from '../base/units.ts'
import type { SipTransport } from './session.ts'

/** The loop answers at once; a machine that is too busy for that gets this long. */
const FLUSH_MS: Milliseconds = 900
/** From the end of one to the next of its kind. */
const REST_MS: Milliseconds = 50
/** What Node reads a stream into, octets. */
const PIECE_SIZE = 65_536

/** Flushes what streams passed through, once. @param octets length of the longest read that is to be overwritten. */
export function flushStreams(clock: Clock, onFlushed: () => void, octets: number): void {
  const zeros = Buffer.alloc(Math.min(octets, PIECE_SIZE))
  // An abstract name: nothing is left of it, neither a file nor a port that waits.
  const path = `\0sotto-flush-${randomUUID()}`
  const ends: Socket[] = []
  let over = false
  const finish = () => {
    if (over) return
    over = true
    limit.cancel()
    server.close()
    for (const end of ends) end.destroy()
    overwriteFree()
    onFlushed()
  }
  const limit = clock.after(FLUSH_MS, finish)
  const server = createServer((reader) => {
    let left = zeros.length
    ends.push(reader)
    reader.on('error', finish)
    reader.on('data', (chunk) => {
      if (chunk.length === zeros.length) return finish()
      // What is read in two parts is written over the same place twice: once more, when all of this is out of the way.
      left -= chunk.length
      if (left > 0) return
      left = zeros.length
      ends[0]?.write(zeros)
    })
  })
  server.on('error', finish)
  server.listen(path, () => {
    if (!over) ends.unshift(connect(path, () => ends[0]?.write(zeros)).on('error', finish))
  })
}

/**
 * Overwrites what a message over TLS passed through. Node reads octets that are still encrypted; OpenSSL overwrites what it decrypted (`tls-contexts.ts`), and Node
 * copies that through an array on its stack. Waits for a turn of the loop of its own, when nothing of the reading is on the stack any more.
 */
export function flushDecrypted(clock: Clock, onFlushed: () => void): void {
  clock.after(0, () => {
    overwriteStack()
    overwriteRegisters()
    overwriteFree()
    onFlushed()
  })
}

/** When something was cut out of a message: over which transport it came, and how long it was. */
export type CutFlush = (over: SipTransport, octets: number) => void

/**
 * @returns a way to ask for a flush, however often: one of a kind is under way at a time, and what was asked for meanwhile is one more, after a rest: whoever
 * sends cards as fast as he can would have half a core spent on nothing else.
 */
export function createCutFlush(clock: Clock): CutFlush {
  const udp = oneAtATime(clock, (flushed, octets) => flushReceived('IPv4', clock, flushed, octets))
  // A message is not all of what was read: others may have come before it, and frames have heads.
  const tcp = oneAtATime(clock, (flushed) => flushStreams(clock, flushed, PIECE_SIZE))
  const tls = oneAtATime(clock, (flushed) => flushDecrypted(clock, flushed))
  const flushes: Readonly<Record<SipTransport, (octets: number) => void>> = { udp, tcp, tls, ws: tcp, wss: tls }
  return (over, octets) => flushes[over](octets)
}

function oneAtATime(clock: Clock, flush: (flushed: () => void, octets: number) => void): (octets: number) => void {
  let underWay = false
  let asked = 0
  const begin = (): void => {
    const octets = asked
    asked = 0
    underWay = true
    flush(() => {
      if (asked > 0) clock.after(REST_MS, begin)
      else underWay = false
    }, octets)
  }
  return (octets) => {
    asked = Math.max(asked, octets)
    if (!underWay) begin()
  }
}
