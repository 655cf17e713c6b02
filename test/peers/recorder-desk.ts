/** Recordings without a room, onto a disk in memory: packets are given to their taps, time is stepped. */

import { AUDIO } from '../../src/media/link.ts'
import type { Recorder } from '../../src/media/recorder.ts'
import type { RecordingFile } from '../../src/media/recording-file.ts'
import { Recordings } from '../../src/media/recordings.ts'
import { HEADER_SIZE, writeHeader } from '../../src/rtp/packet.ts'
import { memoryDisk } from './memory-disk.ts'
import { anybody } from './recorded-room.ts'
import { steppedClock } from './stepped-clock.ts'
import { steppedRoom } from './stepped-room.ts'

/** Every octet of sound. */
export const SOUND = 0x5a
export const START_MS = 1000.25

type Told = { readonly state: string; readonly lostMs: number; readonly segments: number }

/** Begins recordings, says something in them, and shows what becomes of it. */
export async function desk() {
  const disk = memoryDisk()
  const clock = steppedClock()
  const seen: Uint8Array[] = []
  let breaks = false
  let sealed = 0
  const recordings = new Recordings({
    createSeal: () => (content) => {
      if (breaks) throw new Error('no seal')
      seen.push(content)
      sealed++
      return content.slice()
    },
    disk,
    clock,
  })
  recordings.sealTo(anybody)
  const stepped = await steppedRoom()
  await stepped.phone('hearer')
  const hearer = stepped.port('hearer')
  const told: Told[] = []
  const onState = ({ lostMs, segments }: RecordingFile, state: string) => void told.push({ state, lostMs, segments })
  const packet = new Uint8Array(HEADER_SIZE + 160).fill(SOUND)
  let at = 0
  return {
    ...{ disk, clock, recordings, told, seen },
    get sealed() {
      return sealed
    },
    breakSeal(is: boolean) {
      breaks = is
    },
    begin(path: string): Recorder {
      const terms = { recording: 'call-1', part: '0badcafe', startedAtMs: 1_764_332_000_000, path }
      const recorder = recordings.begin(terms, onState, START_MS)
      recorder.caller.hear('PCMA', [hearer])
      recorder.agent.hear('PCMA', [hearer])
      return recorder
    },
    say(recorder: Recorder, nowMs: number, octets = 160) {
      const one = octets === 160 ? packet : new Uint8Array(HEADER_SIZE + octets).fill(SOUND)
      writeHeader(one, 8, false, at & 0xffff, (at * 160) | 0, 77)
      at++
      recorder.caller.take(one, AUDIO, nowMs)
    },
  }
}

/** What is under way on the disk in memory. */
export const settled = () => new Promise<void>((done) => setImmediate(done))
