/** A whole scripted phone: signalling on sip.js, sound of its own. It answers by itself and hums. */

import type { CodecName } from '../base/units.ts'
import type { CallCapture } from './call-capture.ts'
import { PHONE_EVENT_PAYLOAD_TYPE, type PhoneSdpTerms, phoneSdp, termsIn } from './phone-sdp.ts'
import { PhoneSrtp, type PhoneSrtpTerms } from './phone-srtp.ts'
import type { OpenPhoneWire } from './phone-wire.ts'
import { openRtpPhone, type RtpPhone, type RtpPhoneOptions } from './rtp-phone.ts'
import { openSipPhone, type PhoneDialog, type SipPhone } from './sip-phone.ts'

export type PhoneOptions = {
  readonly user: string
  readonly password: string | undefined
  readonly address: string
  readonly server: { readonly address: string; readonly port: number }
  readonly codec: CodecName
  readonly humHz: number
  readonly ringMs: number
  readonly capture: CallCapture
  /** Milliseconds of sound in a packet; 20 when absent. */
  readonly ptimeMs?: number
  /** SRTP; plain RTP when absent. */
  readonly srtp?: PhoneSrtpTerms
  /** What its signalling travels over; UDP when absent. */
  readonly openWire?: OpenPhoneWire
  /** Opens the phone's sound in place of `openRtpPhone`, such as behind a bad line. */
  readonly openSound?: (options: RtpPhoneOptions) => Promise<RtpPhone>
}

export type Phone = {
  readonly signalling: SipPhone
  readonly sound: RtpPhone
  /** @param replaces the dialog of another phone of the account, whose place it takes. */
  call(target: string, replaces?: PhoneDialog): Promise<void>
  /** Puts the far end on hold by re-INVITE (RFC 3264 section 8.4). */
  hold(direction?: 'sendonly' | 'inactive'): Promise<void>
  resume(): Promise<void>
  /** Under SRTP takes another key and tells it by re-INVITE. */
  rekey(): Promise<void>
  /** Without a BYE, as a phone that loses its power. May be called twice. */
  close(): Promise<void>
}

/** Opens both sockets; nothing is sent yet. */
export async function openPhone(options: PhoneOptions): Promise<Phone> {
  const { address, server, codec, capture, ptimeMs = 20, openSound = openRtpPhone } = options
  const srtp = options.srtp === undefined ? undefined : new PhoneSrtp(options.srtp)
  const sound = await openSound({
    codec,
    address,
    humHz: options.humHz,
    ptimeMs,
    srtp,
    eventPayloadType: PHONE_EVENT_PAYLOAD_TYPE,
    onDatagram: (direction, bytes, far) => capture.add(direction, { address, port: sound.port }, far, bytes),
  })
  let version = 1
  const describe = (direction: PhoneSdpTerms['direction'] = 'sendrecv'): string =>
    phoneSdp(address, sound.port, codec, { version, direction, ptimeMs, srtp: srtp?.described })
  let own = describe()
  let closing: Promise<void> | undefined
  const change = async (direction: 'sendrecv' | 'sendonly' | 'inactive'): Promise<void> => {
    version += 1
    own = describe(direction)
    follow(await signalling.reoffer(own))
  }
  const follow = (body: string, answers = false): void => {
    srtp?.follow(body, answers)
    if (answers && srtp !== undefined) own = describe()
    const terms = termsIn(body)
    if (terms !== undefined) sound.talkTo(terms.address, terms.port, terms.eventPayloadType)
  }
  const signalling = await openSipPhone({
    user: options.user,
    password: options.password,
    address,
    server,
    ...(options.openWire === undefined ? {} : { openWire: options.openWire }),
    onDatagram: ({ direction, localPort, bytes }) =>
      capture.add(direction, { address, port: localPort }, server, bytes),
    onInvite: (offer) => {
      srtp?.follow(offer, true)
      own = describe()
      return { answer: own, ringMs: options.ringMs, answered: () => follow(offer) }
    },
    onReoffer: (offer) => {
      follow(offer, true)
      return own
    },
    onAnswered: (answer) => follow(answer),
    onEnded: () => sound.hush(),
  })
  return {
    signalling,
    sound,
    call: (target, replaces) => signalling.call(target, own, replaces),
    hold: (direction = 'sendonly') => change(direction),
    resume: () => change('sendrecv'),
    rekey: () => {
      srtp?.rekey()
      return change('sendrecv')
    },
    close: () => {
      closing ??= (async () => {
        sound.hush()
        await signalling.close()
        await sound.close()
      })()
      return closing
    },
  }
}
