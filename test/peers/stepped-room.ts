/**
 * A media room in stepped time over a network in memory, and phones around it that hum, press keys and listen. What takes a call
 * seconds takes a test milliseconds, and every packet comes at its exact time.
 */

import type { UdpHandle } from '../../src/base/udp-handle.ts'
import { type CodecName, codecNamed } from '../../src/base/units.ts'
import { carryOut } from '../../src/media/commands.ts'
import type { Assignment, MediaCommand, MediaEvent, Stream } from '../../src/media/contract.ts'
import type { Port } from '../../src/media/port.ts'
import { createRoom, type MediaRoom } from '../../src/media/room.ts'
import { tick } from '../../src/media/tick.ts'
import { createDecoder, createEncoder } from '../../src/rtp/codec.ts'
import { HEADER_SIZE, isRtp, payloadType, sequence, ssrc, timestamp, writeHeader } from '../../src/rtp/packet.ts'
import { writeTelephoneEvent } from '../../src/rtp/telephone-event.ts'
import { goertzelPower, levelOf, peakOf, writeSine } from '../../src/rtp/tone.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { type MemoryDisk, memoryDisk } from './memory-disk.ts'
import { type MemoryUdp, memoryUdp, type SentPacket } from './memory-udp.ts'
import { steppedClock } from './stepped-clock.ts'

export const MUSIC_HZ = 1000
/** How far the clock goes between two calls of the tick. */
const STEP_MS = 5
const FIRST_PORT = 20_000
/** What is sealed while the disk forgets everything: nothing is allocated for it. */
const SEALED = new Uint8Array(1)
const PTS: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8, G722: 9, OPUS: 111 }

export type SteppedRoom = {
  readonly room: MediaRoom
  readonly udp: MemoryUdp
  /** Where recordings are written to, in the clear. */
  readonly disk: MemoryDisk
  readonly events: MediaEvent[]
  now(): number
  /** Lets time pass, in ticks. */
  step(ms: number, tickMs?: number): void
  /** Lets time pass without a tick: the process is late. */
  hold(ms: number): void
  /** Carries out a command. @returns its answer, and the handle that came with it. */
  ask(command: Omit<MediaCommand, 'id'> & Record<string, unknown>, handle?: UdpHandle): Promise<MediaEvent>
  handle(): UdpHandle | undefined
  /** Opens a port with a phone at its far end. */
  phone(portId: string, options?: PhoneOptions): Promise<Phone>
  assign(...assignments: Assignment[]): Promise<MediaEvent>
  /** Both hear each other. */
  join(a: string, b: string): Promise<MediaEvent>
  port(portId: string): Port
}

export type PhoneOptions = {
  readonly codec?: CodecName
  readonly ptimeMs?: number
  readonly humHz?: number
  readonly stream?: Partial<Stream>
}

export type Phone = {
  readonly portId: string
  readonly localPort: number
  readonly address: string
  readonly port: number
  ssrc: number
  sequence: number
  timestamp: number
  /** Packets come each packet time while it talks. */
  talking: boolean
  humHz: number | undefined
  /** Sends the sound of one packet time now. */
  say(): void
  /** Sends an event packet now, without moving the timestamp on. */
  event(code: number, startTimestamp: number, duration: number, ends?: boolean, marker?: boolean): void
  raw(octets: Uint8Array, address?: string, port?: number): void
  /** RTP that was sent to it. */
  heard(): readonly SentPacket[]
  /** RTCP that was sent to it. */
  reports(): readonly SentPacket[]
  /** Level of a tone in the last `ms` of sound sent to it, dBm0. */
  level(hz: number, ms: number): number
  terms(changes?: Partial<Stream>): Stream
}

/** @param musicMs length of the music loop, a 1000 Hz tone. @param startMs where the clock stands at first. */
export async function steppedRoom(musicMs = 2000, startMs = 1_000_000): Promise<SteppedRoom> {
  let nowMs = startMs
  let seed = 7
  const udp = memoryUdp(() => nowMs)
  const disk = memoryDisk()
  const events: MediaEvent[] = []
  const phones: (Phone & { beat(): void })[] = []
  let lastHandle: UdpHandle | undefined
  const room = createRoom({
    udp,
    cname: 'stepped',
    random32: () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed
    },
    wallOffsetMs: 1_700_000_000_000,
    onKey: (port, key) => events.push({ type: 'keyed', portId: port.id, key }),
    onQuiet: (port, quietMs) => events.push({ type: 'quiet', portId: port.id, quietMs }),
    onSpares: (pairs) => events.push({ type: 'spares', pairs }),
    onStrayed: (rtpPorts) => events.push({ type: 'strayed', rtpPorts }),
    onRecording: (event) => events.push(event),
    recording: {
      createSeal: () => (content) => (disk.keeping ? content.slice() : SEALED),
      disk,
      clock: steppedClock(),
    },
  })
  const music = new Int16Array(musicMs * 8)
  writeSine(music, 0, music.length, MUSIC_HZ, -13, 8000)
  const file = writeWav(music, 8000)
  let id = 0

  const self: SteppedRoom = {
    room,
    udp,
    disk,
    events,
    now: () => nowMs,
    handle: () => lastHandle,
    step(ms, tickMs = STEP_MS) {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs += tickMs
        for (const phone of phones) phone.beat()
        tick(room, nowMs)
      }
    },
    hold(ms) {
      nowMs += ms
    },
    async ask(command, handle) {
      let answered: MediaEvent | undefined
      await carryOut(room, { ...command, id: id++ } as MediaCommand, handle, {
        now: () => nowMs,
        readFile: async () => file,
        answer: (event, given, sent) => {
          answered = event
          lastHandle = given
          sent?.(true)
        },
        answerPatiently: (event) => {
          answered = event
        },
        onStop: () => undefined,
      })
      if (answered === undefined) throw new Error(`no answer to ${command.do}`)
      return answered
    },
    async phone(portId, options = {}) {
      const opened = await self.ask({ do: 'open', portId, family: 'IPv4' })
      if (opened.type !== 'opened') throw new Error(`not opened: ${JSON.stringify(opened)}`)
      const phone = makePhone(self, portId, opened.rtpPort, 30_000 + phones.length * 10, options)
      phones.push(phone)
      const streamed = await self.ask({ do: 'stream', portId, stream: phone.terms() })
      if (streamed.type !== 'done') throw new Error(`no stream: ${JSON.stringify(streamed)}`)
      return phone
    },
    assign: (...assignments) => self.ask({ do: 'assign', assignments }),
    join: (a, b) =>
      self.assign(
        { portId: a, source: { kind: 'port', portId: b } },
        { portId: b, source: { kind: 'port', portId: a } },
      ),
    port(portId) {
      const port = room.byId.get(portId)
      if (port === undefined) throw new Error(`no port ${portId}`)
      return port
    },
  }
  await self.ask({
    do: 'configure',
    address: '192.0.2.1',
    portMin: FIRST_PORT,
    portMax: FIRST_PORT + 99,
    holdMusicFile: 'music.wav',
  })
  return self
}

function makePhone(
  stepped: SteppedRoom,
  portId: string,
  localPort: number,
  port: number,
  options: PhoneOptions,
): Phone & { beat(): void } {
  const { codec = 'PCMA', ptimeMs = 20 } = options
  const address = '198.51.100.7'
  const encoder = createEncoder(codec)
  const pcm = new Int16Array((ptimeMs * encoder.sampleRate) / 1000)
  const unitsPerMs = codecNamed(codec).clockRate / 1000
  let phase = 0
  let dueMs = stepped.now()
  const packet = new Uint8Array(1500)
  const mine = () => stepped.udp.sent.filter((sent) => sent.address === address && sent.port === port)

  const phone: Phone & { beat(): void } = {
    portId,
    localPort,
    address,
    port,
    ssrc: (0x1000_0000 + port) >>> 0,
    sequence: 65_500,
    timestamp: 0xffff_ff00 - port,
    talking: false,
    humHz: options.humHz,
    beat() {
      if (!phone.talking) {
        dueMs = stepped.now()
        return
      }
      for (; dueMs <= stepped.now(); dueMs += ptimeMs) phone.say()
    },
    say() {
      const step = phone.humHz === undefined ? 0 : (2 * Math.PI * phone.humHz) / encoder.sampleRate
      for (let i = 0; i < pcm.length; i++) {
        pcm[i] = phone.humHz === undefined ? 0 : Math.round(peakOf(-13) * Math.sin(phase))
        phase += step
      }
      writeHeader(packet, PTS[codec], false, phone.sequence, phone.timestamp, phone.ssrc)
      const octets = encoder.encode(pcm, pcm.length, packet, HEADER_SIZE)
      phone.raw(packet.subarray(0, HEADER_SIZE + octets))
      phone.sequence = (phone.sequence + 1) & 0xffff
      phone.timestamp = (phone.timestamp + ptimeMs * unitsPerMs) >>> 0
    },
    event(code, startTimestamp, duration, ends = false, marker = false) {
      writeHeader(packet, 101, marker, phone.sequence, startTimestamp, phone.ssrc)
      writeTelephoneEvent(packet, HEADER_SIZE, code, ends, 10, duration)
      phone.raw(packet.subarray(0, HEADER_SIZE + 4))
      phone.sequence = (phone.sequence + 1) & 0xffff
    },
    raw: (octets, from = address, fromPort = port) => stepped.udp.deliver(localPort, octets, from, fromPort),
    heard: () => mine().filter(({ octets }) => isRtp(octets)),
    reports: () =>
      stepped.udp.sent.filter(
        (sent) => sent.address === address && (sent.port === port || sent.port === port + 1) && !isRtp(sent.octets),
      ),
    level(hz, ms) {
      const decoder = createDecoder(codec)
      const count = (ms * decoder.sampleRate) / 1000
      const sound = phone.heard().filter(({ octets }) => payloadType(octets) === PTS[codec])
      const all: number[] = []
      const out = new Int16Array(4096)
      for (const { octets } of sound) {
        const samples = decoder.decode(octets, HEADER_SIZE, octets.length, out)
        for (let i = 0; i < samples; i++) all.push(out[i] as number)
      }
      decoder.wipe()
      if (all.length < count) return -100
      const last = Int16Array.from(all.slice(all.length - count))
      return Math.max(-100, levelOf(goertzelPower(last, 0, count, hz, decoder.sampleRate)))
    },
    terms: (changes = {}) => ({
      remote: { address, rtpPort: port, rtcpPort: port + 1 },
      codec,
      receivePayloadType: PTS[codec],
      sendPayloadType: PTS[codec],
      receiveEventPayloadType: 101,
      sendEventPayloadType: 101,
      sendPtimeMs: ptimeMs,
      rtcpMux: false,
      send: true,
      receive: true,
      latch: 'sdp',
      ...options.stream,
      ...changes,
    }),
  }
  return phone
}

/** What is wrong with packets as one RTP stream: another SSRC, a step in the numbers, time that goes back. */
export function seamsOf(packets: readonly SentPacket[]): string[] {
  const seams: string[] = []
  for (let i = 1; i < packets.length; i++) {
    const before = (packets[i - 1] as SentPacket).octets
    const now = (packets[i] as SentPacket).octets
    if (ssrc(before) !== ssrc(now)) seams.push(`packet ${i}: another SSRC`)
    const step = (sequence(now) - sequence(before)) & 0xffff
    if (step !== 1) seams.push(`packet ${i}: sequence steps by ${step}`)
    const ahead = (timestamp(now) - timestamp(before)) | 0
    if (ahead < 0 || (ahead === 0 && payloadType(now) === payloadType(before) && now.length > 16)) {
      seams.push(`packet ${i}: timestamp steps by ${ahead}`)
    }
  }
  return seams
}

/** Longest time between two packets, milliseconds. */
export function longestGapMs(packets: readonly SentPacket[]): number {
  return packets.reduce((most, { atMs }, i) => Math.max(most, i === 0 ? 0 : atMs - (packets[i - 1]?.atMs ?? 0)), 0)
}
