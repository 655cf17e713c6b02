/**
 * A scripted softphone on sip.js: it registers with digest (RFC 3261 section 22), calls or is called, and follows re-INVITEs.
 *
 * On purpose it does not use Sotto's own SIP: what the demo shows is spoken with a stack that was written by others. sip.js has no
 * retransmission over UDP, which loopback does not need.
 */

import {
  DigestAuthentication,
  type IncomingInviteRequest,
  IncomingRequestMessage,
  type IncomingResponse,
  LoggerFactory,
  Parser,
  type Session,
  URI,
  UserAgentCore,
} from 'sip.js/lib/core/index.js'
import { hostOf, type OpenPhoneWire, udpPhoneWire } from './phone-wire.ts'

export type SipPhoneOptions = {
  readonly user: string
  readonly password: string | undefined
  /** Address of this phone; its port is chosen by the system. */
  readonly address: string
  /** The server: every request goes there. */
  readonly server: { readonly address: string; readonly port: number }
  /** What messages travel over; UDP when absent. */
  readonly openWire?: OpenPhoneWire
  /** Every datagram sent and received, for a capture. */
  readonly onDatagram: (datagram: SipDatagram) => void
  /** Somebody calls. @returns the answer, how long it rings, milliseconds, and what is done once it is answered. */
  readonly onInvite: (offer: string) => {
    readonly answer: string
    readonly ringMs: number
    readonly answered?: () => void
  }
  /** The far end changed its terms. @returns the answer. */
  readonly onReoffer: (offer: string) => string
  readonly onAnswered: (answer: string) => void
  readonly onEnded: () => void
}

export type SipDatagram = {
  readonly direction: 'sent' | 'received'
  readonly localPort: number
  readonly bytes: Uint8Array
}

/** A dialog as its own phone sees it. */
export type PhoneDialog = { readonly callId: string; readonly localTag: string; readonly remoteTag: string }

export type SipPhone = {
  readonly port: number
  /** @throws Error when the server does not accept the registration. */
  register(): Promise<void>
  /** @throws Error when the call is refused. */
  /** @param replaces the dialog whose place the call is to take (RFC 3891). */
  call(target: string, offer: string, replaces?: PhoneDialog): Promise<void>
  /** Changes the terms of the call by re-INVITE. @returns the answer. @throws Error when it is refused. */
  reoffer(offer: string): Promise<string>
  /**
   * Asks that this phone's place in the call go to somebody else (RFC 3515). @param replaces the dialog of another phone of the account that the target is in.
   * @returns the status of the answer.
   */
  refer(target: string, replaces?: PhoneDialog): Promise<number>
  /** How that goes, as it was notified: the status lines. */
  readonly referNews: readonly string[]
  /** The dialog of the call. @throws Error without one */
  dialog(): PhoneDialog
  /** Re-INVITEs that came in the call. */
  readonly reoffers: number
  readonly inCall: boolean
  /** Reason of the last BYE that came (RFC 3326); empty when it gave none. */
  readonly byeReason: string
  hangUp(): Promise<void>
  close(): Promise<void>
}

const SDP = 'application/sdp'
const REGISTRATION_SECONDS = 300

/** Opens the phone's wire. Nothing is sent yet. */
export async function openSipPhone(options: SipPhoneOptions): Promise<SipPhone> {
  const openWire = options.openWire ?? udpPhoneWire(options.address, options.server)
  const wire = await openWire((bytes) => receive(bytes))
  const { port } = wire
  const loggerFactory = new LoggerFactory()
  loggerFactory.builtinEnabled = false

  const aor = new URI('sip', options.user, hostOf(options.server.address), options.server.port)
  const contactUri = new URI('sip', options.user, wire.host, wire.namedPort, wire.contactParams)
  let session: Session | undefined
  let reoffers = 0
  let byeReason = ''
  const referNews: string[] = []
  let ring: NodeJS.Timeout | undefined

  const core = new UserAgentCore(
    {
      aor,
      contact: {
        pubGruu: undefined,
        tempGruu: undefined,
        uri: contactUri,
        toString: () => `<${contactUri.toString()}>`,
      },
      displayName: '',
      loggerFactory,
      hackViaTcp: false,
      routeSet: [],
      sipjsId: String(port),
      supportedOptionTags: [],
      supportedOptionTagsResponse: [],
      userAgentHeaderFieldValue: 'Sotto demo phone',
      viaForceRport: true,
      viaHost: wire.namedPort === undefined ? wire.host : `${wire.host}:${wire.namedPort}`,
      authenticationFactory: () =>
        options.password === undefined
          ? undefined
          : new DigestAuthentication(loggerFactory, undefined, options.user, options.password),
      transportAccessor: () => ({ protocol: wire.protocol, send }),
    },
    { onInvite: (request) => answer(request) },
  )

  async function send(message: string): Promise<void> {
    const bytes = Buffer.from(message, 'utf8')
    options.onDatagram({ direction: 'sent', localPort: port, bytes })
    wire.send(bytes)
  }

  function receive(bytes: Buffer): void {
    options.onDatagram({ direction: 'received', localPort: port, bytes })
    const message = Parser.parseMessage(bytes.toString('utf8'), loggerFactory.getLogger('parser'))
    if (message === undefined) return
    if (message instanceof IncomingRequestMessage) core.receiveIncomingRequestFromTransport(message)
    else core.receiveIncomingResponseFromTransport(message)
  }

  function answer(request: IncomingInviteRequest): void {
    if (session !== undefined) {
      request.reject({ statusCode: 486 })
      return
    }
    const { answer: body, ringMs, answered } = options.onInvite(request.message.body)
    request.delegate = {
      onCancel: () => {
        clearTimeout(ring)
        request.reject({ statusCode: 487 })
      },
    }
    request.progress({ statusCode: 180 })
    ring = setTimeout(() => {
      const accepted = request.accept({ statusCode: 200, body: sdpBody(body) })
      hold(accepted.session)
      answered?.()
    }, ringMs)
  }

  /** Takes a session as the phone's call. */
  function hold(taken: Session): void {
    session = taken
    taken.delegate = {
      onBye: (request) => {
        byeReason = request.message.getHeader('Reason') ?? ''
        request.accept()
        session = undefined
        sayNoMore(taken)
        options.onEnded()
      },
      onNotify: (request) => {
        referNews.push(request.message.body.trim())
        request.accept()
      },
      onInvite: (request) => {
        reoffers += 1
        const contact = [`Contact: <${contactUri.toString()}>`]
        request.accept({
          statusCode: 200,
          extraHeaders: contact,
          body: sdpBody(options.onReoffer(request.message.body)),
        })
      },
    }
  }

  return {
    port,
    get reoffers() {
      return reoffers
    },
    get inCall() {
      return session !== undefined
    },
    get byeReason() {
      return byeReason
    },
    referNews,
    dialog: () => {
      if (session === undefined) throw new Error('no call, no dialog')
      const { callId, localTag, remoteTag } = session
      return { callId, localTag, remoteTag }
    },
    refer: (target, replaces) =>
      new Promise((resolve, reject) => {
        if (session === undefined) return reject(new Error('no call to hand over'))
        const uri = `sip:${target}@${hostOf(options.server.address)}:${options.server.port}`
        const extraHeaders = [
          `Refer-To: <${uri}${replaces === undefined ? '' : `?Replaces=${encodeURIComponent(replacesText(replaces))}`}>`,
          `Contact: <${contactUri.toString()}>`,
        ]
        const answered = (response: IncomingResponse) => resolve(response.message.statusCode ?? 0)
        session.refer({ onAccept: answered, onReject: answered }, { extraHeaders })
      }),
    register: () =>
      new Promise((resolve, reject) => {
        const registrar = new URI('sip', '', hostOf(options.server.address), options.server.port)
        const headers = [`Contact: <${contactUri.toString()}>`, `Expires: ${REGISTRATION_SECONDS}`]
        const message = core.makeOutgoingRequestMessage('REGISTER', registrar, aor, aor, {}, headers)
        core.register(message, {
          onAccept: () => resolve(),
          onReject: (response) => reject(new Error(`registration refused: ${response.message.statusCode}`)),
        })
      }),
    call: (target, offer, replaces) =>
      new Promise((resolve, reject) => {
        const uri = new URI('sip', target, hostOf(options.server.address), options.server.port)
        const replacing = replaces === undefined ? [] : [`Replaces: ${replacesText(replaces)}`]
        const headers = [`Contact: <${contactUri.toString()}>`, ...replacing]
        const message = core.makeOutgoingRequestMessage('INVITE', uri, aor, uri, {}, headers, sdpBody(offer))
        core.invite(message, {
          onAccept: (response) => {
            response.ack()
            hold(response.session)
            options.onAnswered(response.message.body)
            resolve()
          },
          onReject: (response) => reject(new Error(`call refused: ${response.message.statusCode}`)),
        })
      }),
    reoffer: (offer) =>
      new Promise((resolve, reject) => {
        if (session === undefined) return reject(new Error('no call to change the terms of'))
        const delegate = {
          onAccept: (response: IncomingResponse & { ack(): unknown }) => {
            response.ack()
            resolve(response.message.body)
          },
          onReject: (response: IncomingResponse) =>
            reject(new Error(`change of terms refused: ${response.message.statusCode}`)),
        }
        session.invite(delegate, { extraHeaders: [`Contact: <${contactUri.toString()}>`], body: sdpBody(offer) })
      }),
    hangUp: () =>
      new Promise((resolve) => {
        const ending = session
        session = undefined
        if (ending === undefined) return resolve()
        ending.bye({ onAccept: () => resolve(), onReject: () => resolve() })
        sayNoMore(ending)
      }),
    close: async () => {
      clearTimeout(ring)
      core.dispose()
      if (session !== undefined) sayNoMore(session)
      await wire.close()
    },
  }
}

/**
 * The dialog is over, and with it what waits for the ACK of a re-INVITE. sip.js loses sight of that timer when the one of the first 200 runs out behind it: the 200
 * would be said again for ever, since no ACK comes to a dialog that is gone, and the process would never end.
 */
function sayNoMore(session: Session & { reinviteUserAgentServer?: unknown }): void {
  session.reinviteUserAgentServer = undefined
}

/** RFC 3891 section 6.1: to-tag is that of whoever gets the request, here the server. */
function replacesText({ callId, localTag, remoteTag }: PhoneDialog): string {
  return `${callId};to-tag=${remoteTag};from-tag=${localTag}`
}

function sdpBody(content: string) {
  return { contentDisposition: 'session', contentType: SDP, content }
}
