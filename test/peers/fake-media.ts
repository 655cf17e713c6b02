/**
 * The `media` room as a double: places and ports that write what they are told into a journal and remember what each port hears. A command
 * can be made to fail, or to wait until the test lets it go.
 */

import { type Fault, fault } from '../../src/base/fault.ts'
import type { FaultCode } from '../../src/base/faults.ts'
import type { UdpHandle } from '../../src/base/udp-handle.ts'
import type { Assignment, PortStats, Source, Stream, Ticket } from '../../src/media/contract.ts'
import type { RecordingEvent } from '../../src/media/contract-recording.ts'
import type { MediaPlace, MediaPool, MediaPort, PortEvents, RecordTerms } from '../../src/media/pool.ts'

type Command = 'open' | 'stream' | 'assign' | 'release' | 'adopt' | 'renew' | 'listen' | 'record' | 'withhold'

export class FakePort implements MediaPort {
  readonly portId: string
  readonly family: 'IPv4' | 'IPv6'
  readonly events: PortEvents
  rtpPort: number
  rtcpPort: number
  streams: Stream[] = []
  listens = false
  /** There while it is recorded. */
  recorded: { packets: number; withheld: boolean } | undefined
  recordedIn: string | undefined
  /** Its recorder goes on though it is withheld. */
  recordsOn = false
  #tellRecording: ((event: RecordingEvent) => void) | undefined
  closed = false
  away = false
  packetsReceived = 0
  readonly sentBy = { port: 0, holdMusic: 0, ringback: 0, silence: 0, chime: 0 }
  /** Packets that left and nobody made. */
  unexplained = 0
  firstRelayedMs: number | undefined
  /** What it says its far end hears, when that is a lie. */
  says: Source['kind'] | undefined
  readonly #media: FakeMedia

  constructor(media: FakeMedia, portId: string, family: 'IPv4' | 'IPv6', rtpPort: number, events: PortEvents) {
    this.#media = media
    this.portId = portId
    this.family = family
    this.rtpPort = rtpPort
    this.rtcpPort = rtpPort + 1
    this.events = events
  }

  /** The stream's terms just now. */
  get terms(): Stream | undefined {
    return this.streams.at(-1)
  }

  async stream(stream: Stream): Promise<void> {
    this.streams.push(stream)
    await this.#media.run('stream', `${this.portId} stream ${stream.codec}`)
  }

  async listen(on: boolean): Promise<void> {
    this.listens = on
    await this.#media.run('listen', `${this.portId} listen ${on}`)
  }

  async key(key: number): Promise<void> {
    if (this.listens) this.events.onKey(key)
  }

  async record({ recording, file }: RecordTerms, tell: (event: RecordingEvent) => void): Promise<void> {
    await this.#media.run('record', `${this.portId} record ${recording}`)
    this.recorded = { packets: 0, withheld: false }
    this.recordedIn = file
    this.#tellRecording = tell
  }

  /** The disk, or the end. */
  tellRecording(state: RecordingEvent['state'], lostMs = 0, octets = 4096): void {
    const { portId } = this
    const segments = octets === 0 ? 0 : 2
    this.#tellRecording?.({ type: 'recording', portId, recording: 'call', state, octets, segments, lostMs })
  }

  async withhold(on: boolean): Promise<void> {
    await this.#media.run('withhold', `${this.portId} withhold ${on}`)
    if (this.recorded === undefined) throw fault('media.bad-command')
    this.recorded.withheld = on
  }

  async unrecord(): Promise<void> {
    this.#media.journal.push(`${this.portId} unrecord`)
    this.#endRecording()
  }

  #endRecording(): void {
    if (this.recorded === undefined) return
    this.recorded = undefined
    this.tellRecording('ended')
  }

  async release(): Promise<{ readonly ticket: Ticket; readonly handle: UdpHandle }> {
    await this.#media.run('release', `${this.portId} release`)
    this.away = true
    return { ticket: this.#ticket(), handle: this.#media.handle(this.portId) }
  }

  async adopt(_ticket: Ticket, handle: UdpHandle): Promise<void> {
    await this.#media.run('adopt', `${this.portId} adopt`).finally(() => handle.close())
    this.away = false
    if (!this.closed) this.#media.hears.set(this.portId, { kind: 'silence' })
  }

  async renew(): Promise<void> {
    await this.#media.run('renew', `${this.portId} renew`)
    this.rtpPort += 100
    this.rtcpPort += 100
    this.away = false
    if (!this.closed) this.#media.hears.set(this.portId, { kind: 'silence' })
  }

  async stats(): Promise<PortStats> {
    if (this.#media.lost) throw fault('media.lost')
    const { sentBy } = this
    if (this.recorded !== undefined && this.recordsOn) this.recorded.packets++
    return {
      portId: this.portId,
      packetsReceived: this.packetsReceived,
      packetsSent: 0,
      octetsReceived: 0,
      octetsSent: 0,
      packetsExpected: this.packetsReceived,
      packetsLost: 0,
      jitterMs: 0,
      mostJitterMs: 0,
      sources: 1,
      rebound: 0,
      strangers: 0,
      unusable: 0,
      implausible: 0,
      forged: 0,
      replayed: 0,
      source: this.says ?? this.#media.hears.get(this.portId)?.kind ?? 'nothing',
      sentBy: { ...sentBy },
      packetsLeft: Object.values(sentBy).reduce((sum, count) => sum + count, 0) + this.unexplained,
      ...(this.firstRelayedMs === undefined ? {} : { firstRelayedMs: this.firstRelayedMs }),
      ...(this.recorded === undefined ? {} : { recorded: { ...this.recorded } }),
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#endRecording()
    this.#media.journal.push(`${this.portId} close`)
    this.#media.hears.delete(this.portId)
  }

  #ticket(): Ticket {
    const stream = this.terms
    if (stream === undefined) throw new Error('a port without a stream was released')
    return {
      stream,
      family: this.family,
      localPort: this.rtpPort,
      ssrc: 1,
      nextSequence: 1,
      nextTimestamp: 1,
      sinceLastSentMs: 0,
      packetsSent: 0,
      octetsSent: 0,
    }
  }
}

export class FakeMedia implements Pick<MediaPool, 'place'> {
  readonly journal: string[]
  readonly ports: FakePort[] = []
  /** What the far end of each port hears. */
  readonly hears = new Map<string, Source>()
  /** Every assignment that took effect. */
  readonly assigned: Assignment[] = []
  openHandles = 0
  lost = false
  /** Every process is late: it takes urgent calls alone. */
  full = false
  /** Called with every list before it takes effect. */
  onAssign: (assignments: readonly Assignment[]) => void = () => undefined
  readonly #failing = new Map<Command, Fault>()
  readonly #waiting = new Map<Command, Promise<void>>()
  readonly #losses: (() => void)[] = []

  constructor(journal: string[]) {
    this.journal = journal
  }

  /** From now on a command fails. */
  fail(command: Command, code: FaultCode): void {
    this.#failing.set(command, fault(code))
  }

  /** From now on a command waits. @returns lets it go. */
  hold(command: Command): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.set(command, promise)
    return () => {
      this.#waiting.delete(command)
      resolve()
    }
  }

  /** The media process dies. */
  lose(): void {
    this.lost = true
    for (const tell of this.#losses) tell()
  }

  place(isUrgent = false): MediaPlace {
    if (this.lost) throw fault('media.lost')
    if (this.full && !isUrgent) throw fault('media.full')
    const own: FakePort[] = []
    let closed = false
    return {
      processId: 4001,
      open: async (family, events) => {
        await this.run('open', `open ${family}`)
        if (closed) throw fault('media.lost')
        const at = this.ports.length + 1
        const port = new FakePort(this, `port${at}`, family, 20_000 + at * 2, events)
        this.ports.push(port)
        own.push(port)
        return port
      },
      assign: async (assignments) => {
        this.onAssign(assignments)
        const words = assignments.map((each) => `${each.portId}<-${wordOf(each)}`)
        // Taken between two ticks: what a far end hears changes with the command, not with its answer.
        if (!this.lost && !this.#failing.has('assign')) {
          for (const each of assignments) {
            this.assigned.push(each)
            this.hears.set(each.portId, each.source)
          }
        }
        await this.run('assign', `assign ${words.join(' ')}`)
      },
      onLost: (callback) => {
        this.#losses.push(callback)
      },
      close: () => {
        this.journal.push('place close')
        closed = true
        for (const port of own) port.close()
      },
    }
  }

  handle(of: string): UdpHandle {
    this.openHandles++
    let open = true
    return {
      recvStop: () => 0,
      close: () => {
        if (!open) return
        open = false
        this.openHandles--
        this.journal.push(`${of} handle closed`)
      },
    }
  }

  async run(command: Command, line: string): Promise<void> {
    this.journal.push(line)
    await this.#waiting.get(command)
    const failure = this.lost ? fault('media.lost') : this.#failing.get(command)
    if (failure !== undefined) throw failure
  }
}

function wordOf({ source, chime }: Assignment): string {
  const word = source.kind === 'port' ? source.portId : source.kind
  return chime === true ? `chime+${word}` : word
}
