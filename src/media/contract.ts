/**
 * What control and a media process say to each other. Every message is checked against these shapes on both sides.
 * `media` knows ports and sounds; it does not know SIP, calls or people.
 *
 * A media port's sound is set by one word, its *source*: who or what its far end hears. Bridging two legs is two
 * assignments; holding one is one. A list of assignments takes effect between two ticks, all of it at once.
 */

import {
  aBoolean,
  aListOf,
  aNumber,
  anId,
  anInteger,
  anyOf,
  aRecord,
  aText,
  oneOf,
  optional,
  type ShapeOf,
  someOctets,
  theWord,
} from '../base/shape.ts'
import { SRTP_SOURCES, SRTP_SUITES, type SrtpSuiteName } from '../base/srtp-suites.ts'
import { CODECS } from '../base/units.ts'
import { aMediaLoad, aPacketIo, someUdpLosses } from './contract-process.ts'
import { aRecordingEvent, recordedStats, recordingCommands, recordingTerms } from './contract-recording.ts'

export const anAddress = aText(45, /^[0-9a-fA-F.:]+$/)
const aPortNumber = anInteger(0, 65_535)
const aPayloadType = anInteger(0, 127)
/** Codecs as in `base/units.ts`. */
export const aCodecName = oneOf('PCMU', 'PCMA', 'G722', 'OPUS')
const aUint32 = anInteger(0, 0xffff_ffff)

const aMaster = anyOf(...SRTP_SUITES.map(({ keySize, saltSize }) => someOctets(keySize + saltSize)))
/** Indices of SRTP have 48 bits (RFC 3711 section 3.3.1). */
const INDEX_MAX = 2 ** 48 - 1

/** Keys of a stream of SRTP. Whoever has them last overwrites them. */
const someKeys = aRecord({
  suite: oneOf<readonly SrtpSuiteName[]>(...SRTP_SUITES.map(({ name }) => name)),
  sendMaster: aMaster,
  receiveMaster: aMaster,
  /** Packets that the far end lets its key protect, when it said. */
  receiveLifetime: optional(anInteger(1, INDEX_MAX + 1)),
})

/** Where a far end wants its packets. */
export const aRemote = aRecord({ address: anAddress, rtpPort: aPortNumber, rtcpPort: aPortNumber })

/** One stream's terms as offer and answer agreed them. */
export const aStream = aRecord({
  remote: aRemote,
  codec: aCodecName,
  /** Payload type the far end sends the codec with, and the one it wants. */
  receivePayloadType: aPayloadType,
  sendPayloadType: aPayloadType,
  /** telephone-event, as far as agreed. */
  receiveEventPayloadType: optional(aPayloadType),
  sendEventPayloadType: optional(aPayloadType),
  /** Clock of the events' timestamps and durations, Hz; that of the codec when absent (RFC 4733 section 2.1). */
  eventClockRate: optional(anInteger(1000, 192_000)),
  /** Telephone-events with redundancy (RFC 2198): blocks of the payload type of the events. */
  receiveRedundantPayloadType: optional(aPayloadType),
  /** How the far end wants Opus, when that is the codec (RFC 7587 section 6.1). */
  opus: optional(aRecord({ fec: aBoolean, constantRate: aBoolean, maxPlaybackRate: anInteger(8000, 48_000) })),
  sendPtimeMs: anInteger(10, 60),
  rtcpMux: aBoolean,
  /** What we may do, after RFC 3264: a held leg does not send, a leg that holds us does not receive. */
  send: aBoolean,
  receive: aBoolean,
  /**
   * Whose sound is taken beside that of the described address: nobody's, that of the address which signalling comes from, or that of whoever
   * speaks first with a run of good packets; then nobody else's.
   */
  latch: oneOf('sdp', 'signalling', 'first'),
  /** Networks that `first` learns from, such as 203.0.113.0/24; anywhere when absent. */
  latchNetworks: optional(aListOf(aText(49, /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/), 64)),
  /** Address that signalling comes from. */
  signalledFrom: optional(anAddress),
  /** Whoever described the far end may be somebody else who named it: half a second goes there, and no more before it was heard itself. */
  unproved: optional(aBoolean),
  /** SRTP, and then no packet in the clear goes or is taken; plain RTP when absent. */
  srtp: optional(someKeys),
})
export type Stream = ShapeOf<typeof aStream>

/** What the far end of a port hears. */
export const aSource = anyOf(
  /** The far end of another port; telephone-events are relayed too. */
  aRecord({ kind: theWord('port'), portId: anId }),
  aRecord({ kind: theWord('hold-music') }),
  aRecord({ kind: theWord('ringback') }),
  /** Comfort silence: packets go on, so that bindings and far ends stay alive (RFC 6263). */
  aRecord({ kind: theWord('silence') }),
  /** Nothing is sent but RTCP. */
  aRecord({ kind: theWord('nothing') }),
)
const aSourceKind = oneOf('port', 'hold-music', 'ringback', 'silence', 'nothing')
export type Source = ShapeOf<typeof aSource>

export const anAssignment = aRecord({
  portId: anId,
  source: aSource,
  /** A short chime goes before the source: the agent's sign that the caller is back. */
  chime: optional(aBoolean),
})
export type Assignment = ShapeOf<typeof anAssignment>

/** What is known of one SSRC under a key: its highest index, the rollover counter in it, and which of the last 64 have been. */
const anSrtpSource = aRecord({
  ssrc: aUint32,
  index: anInteger(0, INDEX_MAX),
  recent: aUint32,
  older: aUint32,
})

/** Where the keys of a stream stand, so that no index is used or taken twice (RFC 3711 section 3.3). */
export const anSrtpState = aRecord({
  sent: aListOf(anSrtpSource, SRTP_SOURCES),
  received: aListOf(anSrtpSource, SRTP_SOURCES),
  /** Sources under the far end's key before, of those that were not heard under this one yet: they may go on counting. */
  earlier: aListOf(anSrtpSource, SRTP_SOURCES),
  /** Packets that the far end's key has opened. */
  opened: anInteger(0, INDEX_MAX + 1),
})
export type SrtpState = ShapeOf<typeof anSrtpState>

/**
 * Goes with a handed-over socket: enough to continue the same RTP stream without a seam (RFC 3550 section 5.1), and what was
 * seen of the far end's. Holds no sound and no digit.
 */
export const aTicket = aRecord({
  stream: aStream,
  family: oneOf('IPv4', 'IPv6'),
  localPort: aPortNumber,
  ssrc: aUint32,
  nextSequence: anInteger(0, 0xffff),
  nextTimestamp: aUint32,
  /** Milliseconds that had passed since the last packet was sent when the ticket was written. */
  sinceLastSentMs: aNumber,
  packetsSent: anInteger(0, Number.MAX_SAFE_INTEGER),
  octetsSent: anInteger(0, Number.MAX_SAFE_INTEGER),
  /** Address that packets are taken from and sent to, once latched. */
  latched: optional(aRecord({ address: anAddress, rtpPort: aPortNumber })),
  remoteSsrc: optional(aUint32),
  /** There exactly when the stream has keys. */
  srtp: optional(anSrtpState),
})
export type Ticket = ShapeOf<typeof aTicket>

/** What is measured on a port's sound since it was opened; what the socket does while it is away in a vault is in none of it. */
export const someQuality = {
  packetsReceived: aNumber,
  packetsSent: aNumber,
  /** Octets of payload (RFC 3550 section 6.4.1). */
  octetsReceived: aNumber,
  octetsSent: aNumber,
  /** How many should have come by their sequence numbers, and how many of those did not; below zero where packets came twice. */
  packetsExpected: aNumber,
  packetsLost: aNumber,
  /** Interarrival jitter, RFC 3550 section 6.4.1, milliseconds: of the sound just now, and at its worst. */
  jitterMs: aNumber,
  mostJitterMs: aNumber,
  /** SSRCs that the source has had. */
  sources: aNumber,
  /** How often the source went on from another port, a NAT having changed its binding. */
  rebound: aNumber,
  /** Dropped: from somebody else than the latched source, or from one that is not latched yet. */
  strangers: aNumber,
  /** Dropped: neither RTP of an agreed payload type nor RTCP. */
  unusable: aNumber,
  /** Dropped: of the source by its address, but of an SSRC or a sequence that nothing confirmed. */
  implausible: aNumber,
  /** Dropped under SRTP: their sender has not the key, or they were changed. */
  forged: aNumber,
  /** Dropped under SRTP: they have been, or are too old to be told. */
  replayed: aNumber,
  /** Round trip from RTCP, milliseconds, last and longest; absent until known. */
  roundTripMs: optional(aNumber),
  mostRoundTripMs: optional(aNumber),
  /** What the far end reported last of what we sent: loss as a fraction since its report before, and in all. */
  farEnd: optional(aRecord({ fractionLost: aNumber, packetsLost: aNumber, jitterMs: aNumber })),
  /** Mean opinion score by the E-model, 1 to 4.5, of what comes from the far end and of what it hears; absent until there is something to judge. */
  mosReceived: optional(aNumber),
  mosSent: optional(aNumber),
}

/** A port's numbers. */
export const aPortStats = aRecord({
  portId: anId,
  ...someQuality,
  /** What the far end hears just now. */
  source: aSourceKind,
  /**
   * Packets sent since the port was opened, by what they were made of, counted where each is made. `packetsLeft` is counted where packets
   * leave: one of unknown origin would show as a difference.
   */
  sentBy: aRecord({ port: aNumber, holdMusic: aNumber, ringback: aNumber, silence: aNumber, chime: aNumber }),
  packetsLeft: aNumber,
  /** From the assignment of the present source to the first packet of another port that was sent on; absent until there was one. */
  firstRelayedMs: optional(aNumber),
  /** There exactly while the port is recorded. */
  recorded: optional(recordedStats),
})
export type PortStats = ShapeOf<typeof aPortStats>

/** control to media. Every command has a number; its answer carries the same number. */
export const aMediaCommand = anyOf(
  aRecord({
    do: theWord('configure'),
    id: anInteger(0, Number.MAX_SAFE_INTEGER),
    address: anAddress,
    portMin: anInteger(1024, 65_535),
    portMax: anInteger(1024, 65_535),
    /** 16-bit mono WAV, 8 or 16 kHz. */
    holdMusicFile: aText(4096),
    /** Those that far ends may speak; every one when absent. A stream with another is refused. */
    codecs: optional(aListOf(aCodecName, CODECS.length)),
    /** Pairs of sockets that may stay bound from one port to the next, and are told as `spares`; none when absent. */
    spares: optional(anInteger(0, 10_000)),
    recording: optional(recordingTerms),
  }),
  aRecord({ do: theWord('open'), id: aNumber, portId: anId, family: oneOf('IPv4', 'IPv6') }),
  /** The same with a spare pair, known by its RTP port. Answered `done`, patiently: with what is said next. */
  aRecord({ do: theWord('take'), id: aNumber, portId: anId, rtpPort: aPortNumber }),
  /** Close spare pairs that nobody has needed for a while. */
  aRecord({ do: theWord('drop'), id: aNumber, rtpPorts: aListOf(aPortNumber, 10_000) }),
  aRecord({ do: theWord('stream'), id: aNumber, portId: anId, stream: aStream, patient: optional(aBoolean) }),
  aRecord({ do: theWord('assign'), id: aNumber, assignments: aListOf(anAssignment, 64), patient: optional(aBoolean) }),
  /** Report keys pressed at the far end of this port (the agent's), or stop. Never set for a caller's port. */
  aRecord({ do: theWord('listen'), id: aNumber, portId: anId, on: aBoolean }),
  /** A key of that far end that came by signalling: told on as `keyed` unless sound or events told it already. */
  aRecord({ do: theWord('key'), id: aNumber, portId: anId, key: anInteger(0, 15) }),
  /** Give the RTP socket away: cut both ways first, then answer `released` with the socket. */
  aRecord({ do: theWord('release'), id: aNumber, portId: anId }),
  /** Take a socket back, with its ticket; the port is silent until assigned. The socket comes with this message. */
  aRecord({ do: theWord('adopt'), id: aNumber, portId: anId, ticket: aTicket }),
  /** The released socket died with its vault: bind a fresh one for this port. */
  aRecord({ do: theWord('renew'), id: aNumber, portId: anId }),
  /** Answered with the port's last numbers. */
  aRecord({ do: theWord('close'), id: aNumber, portId: anId }),
  aRecord({ do: theWord('stats'), id: aNumber, portId: anId }),
  /** Let running calls finish, then exit; `now` ends at once. */
  aRecord({ do: theWord('stop'), id: aNumber }),
  aRecord({ do: theWord('ping'), id: aNumber }),
  ...recordingCommands,
)
export type MediaCommand = ShapeOf<typeof aMediaCommand>

/** Word on the command line of a media process that has it use node:dgram, whatever else there is. */
export const DGRAM_WORD = '--udp=dgram'

/** media to control. */
export const aMediaEvent = anyOf(
  /** The process runs. */
  aRecord({ type: theWord('ready'), packetIo: aPacketIo }),
  /** More packets were lost; told now and then while it happens. */
  aRecord({ type: theWord('losses'), losses: someUdpLosses }),
  aRecord({ type: theWord('done'), id: aNumber }),
  aRecord({ type: theWord('opened'), id: aNumber, portId: anId, rtpPort: aPortNumber, rtcpPort: aPortNumber }),
  /** Pairs that may be taken, from now on. */
  aRecord({
    type: theWord('spares'),
    pairs: aListOf(aRecord({ family: oneOf('IPv4', 'IPv6'), rtpPort: aPortNumber }), 10_000),
  }),
  /** Something comes to these spare pairs: whoever sends it is not to be heard in another call. They wait to be dropped, unless they were taken. */
  aRecord({ type: theWord('strayed'), rtpPorts: aListOf(aPortNumber, 10_000) }),
  /** The socket comes with this message. */
  aRecord({ type: theWord('released'), id: aNumber, portId: anId, ticket: aTicket }),
  aRecord({ type: theWord('stats'), id: aNumber, stats: aPortStats }),
  /** The command could not be done: a row of the fault table. */
  aRecord({ type: theWord('failed'), id: aNumber, fault: aText(64, /^[a-z]+\.[a-z-]+$/) }),
  /** A key of the agent's phone, RFC 4733 event code 0 to 15. Only for ports that `listen` named. */
  aRecord({ type: theWord('keyed'), portId: anId, key: anInteger(0, 15) }),
  /** No packet came for this long. Sent once a silence; receiving again resets it. */
  aRecord({ type: theWord('quiet'), portId: anId, quietMs: aNumber }),
  /** About once a second. */
  aRecord({ type: theWord('load'), load: aMediaLoad }),
  aRecordingEvent,
)
export type MediaEvent = ShapeOf<typeof aMediaEvent>
