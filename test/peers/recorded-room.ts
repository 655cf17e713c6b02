/** A room in stepped time in which a caller and an agent talk, and are recorded onto a disk in memory, in the clear. */

import type { SegmentEntry } from '../../src/record/segment.ts'
import { type Phone, type SteppedRoom, steppedRoom } from './stepped-room.ts'

export const RECORDED_FILE = '/recordings/2026-11-28/call-1.p7m'
/** For the seal of the room, which leaves everything as it is. */
export const anybody = [{ issuerAndSerial: new Uint8Array(8), publicKey: new Uint8Array(8) }]

export type RecordedRoom = {
  readonly stepped: SteppedRoom
  readonly caller: Phone
  readonly agent: Phone
  record(): Promise<void>
  end(): Promise<void>
  joined(): Promise<unknown>
  /** All that was written, in order. */
  entries(): readonly SegmentEntry[]
}

export async function recordedRoom(options: { joined?: boolean; recipients?: boolean } = {}): Promise<RecordedRoom> {
  const stepped = await steppedRoom()
  const caller = await stepped.phone('caller', { humHz: 620 })
  const agent = await stepped.phone('agent', { humHz: 440 })
  if (options.recipients !== false) await stepped.ask({ do: 'seal-to', recipients: anybody })
  if (options.joined !== false) await stepped.join('caller', 'agent')
  const done = async (command: Parameters<SteppedRoom['ask']>[0]) => {
    const { type } = await stepped.ask(command)
    if (type !== 'done') throw new Error(`${command.do} was ${type}`)
  }
  return {
    stepped,
    caller,
    agent,
    record: () => done({ do: 'record', portId: 'caller', recording: 'call-1', file: RECORDED_FILE }),
    end: () => done({ do: 'unrecord', portId: 'caller' }),
    joined: () => stepped.join('caller', 'agent'),
    entries: () => stepped.disk.segments(RECORDED_FILE).flatMap(({ entries }) => entries),
  }
}
