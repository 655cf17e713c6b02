/**
 * Entry of a media process. Owns its clock and its randomness; everything else comes by message. Ends when the line to
 * control closes, and not on signals: what they mean is control's to decide.
 */

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { type Channel, openChannel } from './base/channel.ts'
import { clockFrom } from './base/clock.ts'
import type { Milliseconds } from './base/units.ts'
import { cutOff } from './media/assign.ts'
import { carryOut } from './media/commands.ts'
import { aMediaCommand, aMediaEvent, type MediaEvent } from './media/contract.ts'
import { DrainBeat } from './media/drain-beat.ts'
import { beginDrains, noteDrain } from './media/drain-lateness.ts'
import { TICK_MS } from './media/flow.ts'
import { noteBeat, REPORT_LOAD_MS, takeLoad } from './media/load.ts'
import { unrecordAll } from './media/recording-commands.ts'
import { recordingDisk } from './media/recording-disk.ts'
import { createRoom } from './media/room.ts'
import { HELD_UP_MS, noteHeldUp } from './media/stale.ts'
import { forward, isRelaying, tick } from './media/tick.ts'
import { chooseUdp } from './media/udp-choice.ts'
import { createSeal } from './record/seal.ts'

/** A beat missed by more than this is not made up for: the process was stopped or starved. */
const MAX_LATE_MS = 100

const now = () => performance.now()
/** How long the disk may take for the last of recordings when the process ends. */
const LAST_WRITE_MS = 1000
/** How often control is told of lost packets, while there are any. */
const LOSSES_MS = 5000

// Over dgram, packets are sent on in the turn of the loop that brought them, all of that turn together.
const { udp, packetIo } = chooseUdp(process.argv, () => void setImmediate(() => sendOn(now())))
let stopping = false

const room = createRoom({
  udp,
  cname: randomBytes(12).toString('base64url'),
  random32: () => randomBytes(4).readUInt32BE(),
  wallOffsetMs: performance.timeOrigin,
  onKey: (port, key) => channel.send({ type: 'keyed', portId: port.id, key }),
  onQuiet: (port, quietMs) => channel.send({ type: 'quiet', portId: port.id, quietMs }),
  onSpares: (pairs) => channel.send({ type: 'spares', pairs }),
  onStrayed: (rtpPorts) => channel.send({ type: 'strayed', rtpPorts }),
  onRecording: (event) => channel.send(event),
  recording: { createSeal, disk: recordingDisk, clock: clockFrom({ now, setTimeout, clearTimeout }) },
})

const channel: Channel<MediaEvent> = openChannel({
  endpoint: process,
  incoming: aMediaCommand,
  outgoing: aMediaEvent,
  gathers: true,
  onMessage: (command, handle) => {
    void carryOut(room, command, handle, {
      now,
      readFile,
      answer: (event, given, sent) => channel.send(event, given, sent),
      answerPatiently: (event) => channel.sendWithNext(event),
      onStop: () => {
        stopping = true
      },
    }).then(beatSoon)
  },
  onBad: () => process.exit(1),
  onClosed: leave,
})

/** Control is gone, and the calls with it: nobody hears anybody any more. What was recorded until now is to be whole. */
function leave(): void {
  for (const port of room.ports) cutOff(room, port, now())
  setTimeout(end, LAST_WRITE_MS)
  void unrecordAll(room, now()).finally(end)
}

/** An exit waits for the threads of libuv, one of which a disk that hangs has for ever; a kill does not. */
function end(): void {
  if (room.recordings.isHeldByDisk) process.kill(process.pid, 'SIGKILL')
  process.exit(0)
}

/** @returns how many packets had come. */
function sendOn(at: Milliseconds): number {
  if (at - dueMs > HELD_UP_MS) noteHeldUp(room, at)
  return forward(room, at)
}

/**
 * Drains sockets that do not tell of packets, as long as one is carried on to another. With all legs parted nobody hears what comes, and the tick's own
 * draining does: 50 wake-ups a second instead of 300.
 */
function drainOn(): void {
  const at = now()
  const wait = drainBeat.next(sendOn(at), now())
  noteDrain(room.load, at, drainBeat.waitMs)
  drains = isRelaying(room)
  // Timers are kept by their wait: none is made for a beat.
  if (drains) drainTimers[wait] = drainTimers[wait]?.refresh() ?? setTimeout(drainOn, wait)
}

function drainWhileRelaying(): void {
  if (udp.kind === 'dgram' || drains || !isRelaying(room)) return
  const at = now()
  drainBeat.start(at)
  beginDrains(room.load, at, drainBeat.waitMs)
  drainOn()
}

/** Tells control of packets that were lost since it was told last. */
function tellLosses(): void {
  const losses = udp.losses()
  const sum = Object.values(losses).reduce((all, each) => all + each, 0)
  if (sum === lossesTold) return
  lossesTold = sum
  channel.send({ type: 'losses', losses })
}

process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
// A recording that may grow no more (RLIMIT_FSIZE) is an error of the write, and no end of calls.
process.on('SIGXFSZ', () => undefined)
process.title = 'sotto-media'

let dueMs = now()
let next: NodeJS.Timeout | undefined
const drainBeat = new DrainBeat()
const drainTimers: (NodeJS.Timeout | undefined)[] = []
let drains = false
let lossesTold = 0
let beatWanted = false

/** A beat against the ideal one. */
function beat(): void {
  const at = now()
  const lateMs = at - dueMs
  noteBeat(room.load, lateMs)
  if (lateMs > MAX_LATE_MS) {
    room.skippedTicks += Math.floor(lateMs / TICK_MS)
    dueMs = at
    if (lateMs > HELD_UP_MS) noteHeldUp(room, at)
  }
  run(at)
}

/** A command may have begun something that is due now; those that came together need one beat between them. */
function beatSoon(): void {
  if (!beatWanted) setImmediate(beatNow)
  beatWanted = true
}

function beatNow(): void {
  beatWanted = false
  clearTimeout(next)
  const at = now()
  // The beat that this one stands in for was due already: it came late like any other.
  if (at > dueMs) noteBeat(room.load, at - dueMs)
  dueMs = at
  run(at)
  drainWhileRelaying()
}

/** Runs the tick, and a beat again when that wants it. */
function run(at: Milliseconds): void {
  const waitMs = tick(room, at)
  // It drains the sockets, too.
  if (drains) noteDrain(room.load, at, drainBeat.waitMs)
  // Sockets of closed ports stay bound until they have drained: until then no process that takes this one's place can bind them.
  if (stopping && room.ports.length + room.draining.length === 0 && room.recordings.isIdle) end()
  dueMs = at + waitMs
  next = setTimeout(beat, Math.max(0, Math.ceil(dueMs - now())))
}

let reportedMs = now()
let used = process.cpuUsage()
let memoryOctets = process.memoryUsage.rss()

/** Tells control how busy this process is. */
function reportLoad(): void {
  const at = now()
  const since = process.cpuUsage(used)
  used = process.cpuUsage()
  try {
    memoryOctets = process.memoryUsage.rss()
  } catch {
    // To look takes a file handle. Calls may have them all, and must not end for it: it is as it was.
  }
  const use = { cpuMs: (since.user + since.system) / 1000, overMs: at - reportedMs, memoryOctets }
  reportedMs = at
  channel.send({ type: 'load', load: takeLoad(room, use) })
}

// Now, while nobody is in a call: one that is killed does not come to it at its end.
flushCompileCache()
setInterval(tellLosses, LOSSES_MS).unref()
channel.send({ type: 'ready', packetIo })
setInterval(reportLoad, REPORT_LOAD_MS)
run(dueMs)
