/**
 * A phone's media side on real sockets: hums a tone in a codec, presses keys as telephone-events or in its sound, and keeps what
 * it hears, as sound and as packets with arrival times. Symmetric: one socket sends and receives. Used by the demo, the tests and the benchmarks; no
 * jitter buffer, packets are heard in the order they come. Not a hot path: it is a thing to measure with.
 */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type CodecName, codecNamed } from '../base/units.ts'
import { createDecoder, createEncoder } from '../rtp/codec.ts'
import {
  HEADER_SIZE,
  isRtcp,
  isRtp,
  marker,
  payloadEnd,
  payloadStart,
  payloadType,
  sequence,
  ssrc,
  timestamp,
  writeHeader,
} from '../rtp/packet.ts'
import { EventSender } from '../rtp/telephone-event.ts'
import { goertzelPower, levelOf, peakOf, writeKey } from '../rtp/tone.ts'
import type { PhoneSrtp } from './phone-srtp.ts'
import { pause } from './waiting.ts'

export type RtpPhoneOptions = {
  readonly codec?: CodecName
  readonly payloadType?: number
  readonly eventPayloadType?: number
  readonly ptimeMs?: number
  readonly address?: string
  /** Hummed from the start; silence otherwise. */
  readonly humHz?: number
  readonly ssrc?: number
  /** Of its first packet; a chance one when absent. */
  readonly sequence?: number
  /** SRTP; plain RTP when absent. */
  readonly srtp?: Pick<PhoneSrtp, 'seal' | 'open' | 'openReport'> | undefined
  /** Every datagram of the RTP socket, for a capture. */
  readonly onDatagram?: (direction: 'sent' | 'received', bytes: Uint8Array, far: FarEnd) => void
}

type FarEnd = { readonly address: string; readonly port: number }

export type HeardPacket = {
  readonly arrivedMs: number
  readonly payloadType: number
  readonly marker: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Uint8Array
  /** Where its sound begins in `pcm`. */
  readonly at: number
  readonly fromPort: number
}

export type RtpPhone = {
  readonly address: string
  readonly port: number
  readonly rtcpPort: number
  readonly sampleRate: 8000 | 16000
  readonly ssrc: number
  /** Every RTP packet received, in order of arrival. */
  readonly heard: readonly HeardPacket[]
  /** RTCP compounds received, on either socket. */
  readonly reports: readonly Uint8Array[]
  /** Packets sent so far. */
  readonly sent: number
  /** All sound received so far. */
  pcm(): Int16Array
  /** Sends to that far end from now on, one packet each packet time; keys with the payload type that it asked for (RFC 3264 section 5.1). */
  talkTo(address: string, port: number, eventPayloadType?: number): void
  /** Stops sending; receiving goes on. */
  hush(): void
  /** Changes what is hummed; undefined is silence. */
  hum(hz: number | undefined): void
  /** Presses keys one after the other, RFC 4733 codes. @returns when the last has been told. */
  press(codes: readonly number[], how?: 'event' | 'in-band', keyMs?: number, pauseMs?: number): Promise<void>
  /** Sends octets as they are, to where it talks. */
  sendRaw(octets: Uint8Array): void
  /** Level of a tone in the last `ms` heard, dBm0; -100 when less was heard. */
  levelOf(hz: number, ms: number): number
  /** Forgets what was heard so far. */
  forget(): void
  close(): Promise<void>
}

const HUM_LEVEL = -13
const KEY_LEVEL = -10

/** Opens a phone on an ephemeral port. */
export async function openRtpPhone(options: RtpPhoneOptions = {}): Promise<RtpPhone> {
  const { codec = 'PCMA', ptimeMs = 20, address = '127.0.0.1', eventPayloadType = 101, srtp } = options
  const { payloadType: usualType, clockRate } = codecNamed(codec)
  const sendType = options.payloadType ?? usualType
  const ownSsrc = options.ssrc ?? Math.floor(Math.random() * 0x1_0000_0000) >>> 0
  const family = address.includes(':') ? 'udp6' : 'udp4'
  const rtp = createSocket(family)
  const rtcp = createSocket(family)
  const boundRtp = await bound(rtp, address)
  const boundRtcp = await bound(rtcp, address)

  const encoder = createEncoder(codec)
  const decoder = createDecoder(codec)
  const rate = encoder.sampleRate
  const frameSamples = (ptimeMs * rate) / 1000
  const heard: HeardPacket[] = []
  const reports: Uint8Array[] = []
  let pcm = new Int16Array(rate * 10)
  let pcmLength = 0
  const decoded = new Int16Array(4096)

  const takeReport = (received: Buffer) => {
    const report = srtp === undefined ? received : srtp.openReport(received)
    if (report !== undefined) reports.push(report)
  }
  rtp.on('message', (received, from) => {
    options.onDatagram?.('received', received, from)
    if (isRtcp(received)) {
      takeReport(received)
      return
    }
    const packet = srtp === undefined ? received : srtp.open(received)
    if (packet === undefined || !isRtp(packet)) return
    const start = payloadStart(packet)
    const end = payloadEnd(packet)
    heard.push({
      arrivedMs: performance.now(),
      payloadType: payloadType(packet),
      marker: marker(packet),
      sequence: sequence(packet),
      timestamp: timestamp(packet),
      ssrc: ssrc(packet),
      payload: packet.subarray(start, end),
      at: pcmLength,
      fromPort: from.port,
    })
    if (payloadType(packet) !== sendType) return
    const samples = decoder.decode(packet, start, end, decoded)
    if (pcmLength + samples > pcm.length) {
      const larger = new Int16Array(pcm.length * 2)
      larger.set(pcm)
      pcm = larger
    }
    pcm.set(decoded.subarray(0, samples), pcmLength)
    pcmLength += samples
  })
  rtcp.on('message', takeReport)

  let humHz = options.humHz
  let phase = 0
  let to: { address: string; port: number } | undefined
  let nextSequence = options.sequence ?? Math.floor(Math.random() * 0x8000)
  let nextTimestamp = Math.floor(Math.random() * 0x1_0000_0000) >>> 0
  let sent = 0
  let dueMs = 0
  let timer: NodeJS.Timeout | undefined
  let first = true
  /** Keys in the sound that have not been said yet. */
  let inBand = new Int16Array(0)
  let events = new EventSender({ payloadType: eventPayloadType, ssrc: ownSsrc, sequence: 0, ptimeMs, clockRate })
  let eventRunning = false
  const frame = new Int16Array(frameSamples)
  const packet = new Uint8Array(HEADER_SIZE + 1500)

  const sendOctets = (octets: Uint8Array) => {
    if (to === undefined) return
    const copy = octets.slice()
    options.onDatagram?.('sent', copy, to)
    rtp.send(copy, to.port, to.address)
    sent++
  }
  const sendPacket = (octets: Uint8Array) => {
    if (to !== undefined) sendOctets(srtp === undefined ? octets : srtp.seal(octets))
  }
  const nextFrame = () => {
    if (inBand.length > 0) {
      frame.fill(0)
      frame.set(inBand.subarray(0, frameSamples))
      inBand = inBand.slice(frameSamples)
      return
    }
    const step = humHz === undefined ? 0 : (2 * Math.PI * humHz) / rate
    const peak = humHz === undefined ? 0 : peakOf(HUM_LEVEL)
    for (let i = 0; i < frameSamples; i++) {
      frame[i] = Math.round(peak * Math.sin(phase))
      phase += step
    }
  }
  const beat = () => {
    if (eventRunning) {
      events.sequence = nextSequence
      const length = events.next(packet)
      nextSequence = events.sequence
      if (length > 0) sendPacket(packet.subarray(0, length))
      else eventRunning = false
    }
    if (!eventRunning) {
      nextFrame()
      writeHeader(packet, sendType, first, nextSequence, nextTimestamp, ownSsrc)
      const octets = encoder.encode(frame, frameSamples, packet, HEADER_SIZE)
      sendPacket(packet.subarray(0, HEADER_SIZE + octets))
      nextSequence = (nextSequence + 1) & 0xffff
      first = false
    }
    nextTimestamp = (nextTimestamp + (ptimeMs * clockRate) / 1000) >>> 0
    dueMs += ptimeMs
    timer = setTimeout(beat, Math.max(0, dueMs - performance.now()))
  }

  return {
    address,
    port: boundRtp,
    rtcpPort: boundRtcp,
    sampleRate: rate,
    ssrc: ownSsrc,
    heard,
    reports,
    get sent() {
      return sent
    },
    pcm: () => pcm.slice(0, pcmLength),
    talkTo(toAddress, port, wantedType = eventPayloadType) {
      to = { address: toAddress, port }
      events = new EventSender({ payloadType: wantedType, ssrc: ownSsrc, sequence: nextSequence, ptimeMs, clockRate })
      if (timer !== undefined) return
      dueMs = performance.now()
      beat()
    },
    hush() {
      clearTimeout(timer)
      timer = undefined
    },
    hum(hz) {
      humHz = hz
    },
    async press(codes, how = 'event', keyMs = 100, pauseMs = 100) {
      for (const code of codes) {
        if (how === 'event') {
          events.press(code, nextTimestamp, keyMs)
          eventRunning = true
        } else {
          inBand = new Int16Array(((keyMs + pauseMs) * rate) / 1000)
          writeKey(inBand, 0, code, keyMs, KEY_LEVEL, rate)
        }
        await pause(keyMs + pauseMs + 3 * ptimeMs)
        // Held up, the sound comes later than the clock says: the next key would take the place of the rest of this one.
        while (timer !== undefined && (inBand.length > 0 || eventRunning)) await pause(ptimeMs)
      }
    },
    sendRaw: sendOctets,
    levelOf(hz, ms) {
      const count = Math.round((ms * rate) / 1000)
      if (pcmLength < count) return -100
      return Math.max(-100, levelOf(goertzelPower(pcm, pcmLength - count, count, hz, rate)))
    },
    forget() {
      heard.length = 0
      pcm = new Int16Array(rate * 10)
      pcmLength = 0
    },
    async close() {
      clearTimeout(timer)
      await Promise.all([closed(rtp), closed(rtcp)])
      encoder.wipe()
      decoder.wipe()
    },
  }
}

async function bound(socket: Socket, address: string): Promise<number> {
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket.address().port
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve))
}
