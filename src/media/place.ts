/** One call's place in one media process, and the ports in it, as control holds them. */

import { randomBytes } from 'node:crypto'
import { asFault, fault } from '../base/fault.ts'
import { makeId } from '../base/ids.ts'
import { pooledRandom } from '../base/random-pool.ts'
import { copyKeys, wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Assignment, PortStats } from './contract.ts'
import type { RecordingEvent } from './contract-recording.ts'
import type { MediaPlace, MediaPort, PortEvents } from './pool.ts'
import type { Command, MediaProcess } from './supervised.ts'
import type { Family } from './udp-batch.ts'

export type Place = {
  readonly door: MediaPlace
  has(portId: string): boolean
  onKey(portId: string, key: number): void
  onQuiet(portId: string, quietMs: Milliseconds): void
  /** The process is gone. */
  lose(): void
}

const random = pooledRandom(randomBytes)

type Held = { readonly events: PortEvents; readonly port: MediaPort }
type TellRecording = (recording: string, told: ((event: RecordingEvent) => void) | undefined) => void
type PortPair = Pick<MediaPort, 'rtpPort' | 'rtcpPort'>

export type PlaceEvents = {
  /** The place takes no room in the process any more. */
  onClosed(): void
  /** @returns the RTP port of a pair that is bound already, and is the caller's now; undefined when there is none. */
  takeSpare(family: Family): number | undefined
  /** A pair of ports was taken; or there was none left. */
  onPorts(left: 'one-fewer' | 'none'): void
  /** A port is recorded: told of it until its end, for which port and place may be closed. Undefined: it is not, after all. */
  onRecorded(portId: string, recording: string, tell: ((event: RecordingEvent) => void) | undefined): void
}

/** Opens a place in a process. */
export function openPlace(process: MediaProcess, { onClosed, takeSpare, onPorts, onRecorded }: PlaceEvents): Place {
  const ports = new Map<string, Held>()
  let tellLost: (() => void) | undefined
  let isLost = false
  let isClosed = false

  /** For what nobody waits for: when the process is gone there is nothing left to do. */
  const tell = (command: Command) => void process.ask(command).catch(() => undefined)

  const keep = (portId: string, family: Family, at: PortPair, events: PortEvents): MediaPort => {
    const port = makePort(process, portId, family, at, {
      onClosed: () => ports.delete(portId),
      onRecorded: (recording, told) => onRecorded(portId, recording, told),
    })
    ports.set(portId, { events, port })
    return port
  }

  const door: MediaPlace = {
    processId: process.pid ?? 0,
    async open(family, events) {
      if (isClosed) throw fault('media.lost')
      const portId = makeId(random, 'port-')
      const spare = takeSpare(family)
      if (spare !== undefined) {
        // Should it fail, what is said of the port next fails.
        tell({ do: 'take', portId, rtpPort: spare })
        return keep(portId, family, { rtpPort: spare, rtcpPort: spare + 1 }, events)
      }
      const { event } = await process.ask({ do: 'open', portId, family }).catch((thrown: unknown) => {
        if (asFault(thrown).code === 'media.no-port') onPorts('none')
        throw thrown
      })
      onPorts('one-fewer')
      if (event.type !== 'opened') throw fault('base.bad-message')
      if (isClosed) {
        tell({ do: 'close', portId })
        throw fault('media.lost')
      }
      return keep(portId, family, event, events)
    },
    async assign(assignments: readonly Assignment[], patient = false) {
      await process.ask({ do: 'assign', assignments, patient })
    },
    onLost(callback) {
      tellLost = callback
      if (isLost) callback()
    },
    close() {
      if (isClosed) return
      isClosed = true
      for (const { port } of [...ports.values()]) port.close()
      onClosed()
    },
  }

  return {
    door,
    has: (portId) => ports.has(portId),
    onKey: (portId, key) => ports.get(portId)?.events.onKey(key),
    onQuiet: (portId, quietMs) => ports.get(portId)?.events.onQuiet(quietMs),
    lose() {
      isLost = true
      isClosed = true
      ports.clear()
      tellLost?.()
    },
  }
}

function makePort(
  process: MediaProcess,
  portId: string,
  family: Family,
  opened: PortPair,
  { onClosed, onRecorded }: { onClosed(): void; onRecorded: TellRecording },
): MediaPort {
  let { rtpPort, rtcpPort } = opened
  let last: Promise<PortStats> | undefined
  const ask = async (what: 'stats' | 'close'): Promise<PortStats> => {
    const { event } = await process.ask({ do: what, portId })
    if (event.type !== 'stats') throw fault('base.bad-message')
    return event.stats
  }
  return {
    portId,
    family,
    get rtpPort() {
      return rtpPort
    },
    get rtcpPort() {
      return rtcpPort
    },
    async stream(stream, patient = false) {
      // A message may wait to be written: its keys are its own until then.
      const srtp = stream.srtp === undefined ? undefined : copyKeys(stream.srtp)
      await process.ask({ do: 'stream', portId, stream: { ...stream, srtp }, patient }).finally(() => wipeKeys(srtp))
    },
    async listen(on) {
      await process.ask({ do: 'listen', portId, on })
    },
    async key(key) {
      await process.ask({ do: 'key', portId, key })
    },
    async record(terms, told) {
      // First, since it may fail at once.
      onRecorded(terms.recording, told)
      await process.ask({ do: 'record', portId, ...terms }).catch((thrown: unknown) => {
        onRecorded(terms.recording, undefined)
        throw thrown
      })
    },
    async withhold(on) {
      await process.ask({ do: 'withhold', portId, on })
    },
    async unrecord() {
      await process.ask({ do: 'unrecord', portId })
    },
    async release() {
      const { event, handle } = await process.ask({ do: 'release', portId })
      if (event.type !== 'released' || handle === undefined) {
        handle?.close()
        throw fault('base.bad-message')
      }
      return { ticket: event.ticket, handle }
    },
    async adopt(ticket, handle: UdpHandle) {
      await process.ask({ do: 'adopt', portId, ticket }, handle).finally(() => wipeKeys(ticket.stream.srtp))
    },
    async renew() {
      const { event } = await process.ask({ do: 'renew', portId })
      if (event.type !== 'opened') throw fault('base.bad-message')
      rtpPort = event.rtpPort
      rtcpPort = event.rtcpPort
    },
    stats: () => last ?? ask('stats'),
    close() {
      if (last !== undefined) return
      onClosed()
      last = ask('close')
      // Nobody has to ask for it.
      last.catch(() => undefined)
    },
  }
}
