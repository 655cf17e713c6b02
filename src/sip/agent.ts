/**
 * The SIP endpoint behind the door: owns the transactions, the dialogs by name and the sessions, and makes the stack that
 * sessions stand on. What happens to each message that comes in is in `reception.ts`.
 */

import { hash } from 'node:crypto'
import { makeId } from '../base/ids.ts'
import { pooledRandom } from '../base/random-pool.ts'
import { answerTo } from './challenge-answer.ts'
import { ClientTransactions } from './client-transactions.ts'
import { createCutFlush } from './cut-flush.ts'
import { createDialogBook } from './dialog-book.ts'
import { createFlood } from './flood.ts'
import { allowed, SUPPORTED } from './gatekeeper.ts'
import { callInTurn } from './in-turn.ts'
import { createIncoming } from './incoming-session.ts'
import { identityLines } from './invite-parts.ts'
import { createLargeRequests } from './large-requests.ts'
import { localAddressFor, localPortFor } from './local-address.ts'
import { callIdOf } from './message.ts'
import { createNames } from './names.ts'
import type { SipEndpoint, SipLogEntry, SipOptions, SipSettings } from './options.ts'
import { createTrunkFinder } from './origin.ts'
import { createOutgoing } from './outgoing-session.ts'
import { createPhoneBook } from './phones.ts'
import { createReception } from './reception.ts'
import { createSender } from './sender.ts'
import { ServerTransactions } from './server-transactions.ts'
import type { InviteOptions, OutgoingSession, SipOrigin, SipPeer } from './session.ts'
import { uuidOf } from './session-ids.ts'
import { createSetAside } from './set-aside.ts'
import type { Stack } from './stack.ts'
import { createTargetHealth } from './target-health.ts'
import { incomingText } from './text-in.ts'
import { createTextSender } from './text-out.ts'
import { defaultPort, type Flow, isStream, isWebSocket, listenerFor, uriTransport } from './transport.ts'
import { createTrunkRegistrations } from './trunk-registrations.ts'
import type { TrunkEvent } from './trunk-view.ts'
import { turnsOf } from './turns.ts'
import { isNumericHost, parseUri, writeHost } from './uri.ts'
import { watchedWire } from './watched-wire.ts'
import { createWatches } from './watches.ts'
import { flowTo, wayTo } from './ways.ts'
import { createWire } from './wire.ts'

const DEFAULT_MAX_SESSIONS = 4000
const SALT_BYTES = 32
const INSTANCE_BYTES = 4
const TOKEN_BYTES = 8
/** Handshakes that came to nothing and are told, a second: a scanner must not fill the log. */
const FAILURES_TOLD = { perAddress: 0.1, burst: 3, total: 5 }

/** Makes a SIP endpoint; nothing is bound before `listen`. */
export function createSip(options: SipOptions): SipEndpoint {
  const { clock, random, events } = options
  const counters: Record<string, number> = {}
  const count = (name: string, by = 1) => {
    counters[name] = (counters[name] ?? 0) + by
  }
  const log = (entry: SipLogEntry) => options.log?.(entry)
  const mayTell = createFlood(FAILURES_TOLD)
  const watched = watchedWire(
    options.wire ??
      createWire({
        listeners: options.listeners,
        clock,
        tls: options.tls,
        limits: options.connections,
        count,
        onFailure: (failure) => {
          if (mayTell(failure.address, clock.now())) log({ event: 'handshake-failed', ...failure })
        },
      }),
    clock,
  )
  const { wire } = watched
  const bug = (thrown: unknown) => {
    count('defect')
    log({ event: 'defect' })
    options.onDefect?.(thrown)
  }
  const clients = new ClientTransactions(clock, wire, count)
  const servers = new ServerTransactions(clock, wire, count, options.pendingPerSource)
  const dialogs = createDialogBook(() => watches?.changed())
  /** Every session that something is left of; called to cut it off. */
  const sessions = new Map<string, () => void>()
  /** As they are set now. */
  let settings: SipSettings = options
  let findTrunk = createTrunkFinder(options.trunks)
  const trunkOf = (source: SipPeer) => findTrunk(source)
  const setAsideMs = () => settings.failOver?.setAsideMs ?? 0
  const product = options.productName ?? 'Sotto'
  const drawn = pooledRandom(random)
  const instance = hex(random(INSTANCE_BYTES))
  const takesText = events.onText !== undefined
  let branches = 0
  let isClosed = false

  const addressOf = (flow: Flow) =>
    localAddressFor(
      {
        listeners: options.listeners,
        announcedAddress: options.announcedAddress,
        hostAddresses: options.hostAddresses ?? [],
      },
      flow,
    )
  const hostOf = (flow: Flow) => writeHost(addressOf(flow))
  const portOf = (flow: Flow) =>
    localPortFor(options.listeners[flow.listener], flow) ??
    wire.listening[flow.listener]?.port ??
    defaultPort(flow.transport)

  const phones =
    options.phones === undefined
      ? undefined
      : createPhoneBook(options.phones, clock, random, (account, contacts) => {
          log({ event: contacts > 0 ? 'registered' : 'unregistered' })
          queueMicrotask(() => guarded(() => events.onRegistrationChanged(account, contacts)))
        })

  const chance = () => Number.parseInt(hex(drawn(4)), 16) / 2 ** 32
  const setAside = createSetAside(clock, setAsideMs)
  const sender = createSender({
    wire,
    clock,
    transactions: clients,
    names: options.resolver === undefined ? undefined : createNames(options.resolver, clock),
    setAside,
    get patienceMs() {
      return settings.failOver?.patienceMs
    },
    chance,
    hostOf,
    branch: () => {
      branches += 1
      return `${instance}${hex(drawn(4))}${branches.toString(36)}`
    },
    portOf,
    large: createLargeRequests(clock, (peer) => trunkOf(peer)?.largeOverTcp === true),
  })

  const stack: Stack = {
    clock,
    token: () => hex(drawn(TOKEN_BYTES)),
    uuid: () => uuidOf(hex(drawn(2 * TOKEN_BYTES))),
    chance,
    request: sender.request,
    ack: sender.ack,
    authorize: (challenge, request, credentials) => answerTo(challenge, request, credentials, hex(drawn(TOKEN_BYTES))),
    contact: (flow, isSips) => {
      const host = `${hostOf(flow)}:${portOf(flow)}`
      // With sips the transport is what the scheme says (RFC 5630 section 5.1.1.1).
      return isSips
        ? `<sips:${host}${isWebSocket(flow.transport) ? ';transport=ws' : ''}>`
        : `<sip:${host}${isStream(flow.transport) ? `;transport=${uriTransport(flow.transport)}` : ''}>`
    },
    localAddress: (flow) =>
      addressOf(flow ?? { transport: 'udp', address: '0.0.0.0', port: 0, listener: 0, connection: 0 }),
    stands: wire.stands,
    accountAt: (flow) => (isStream(flow.transport) ? phones?.accountAt(flow) : undefined),
    phoneAt: (account, uri) => {
      const peer = phones?.phoneAt(account, uri)
      return peer === undefined ? undefined : flowTo(wire, peer)
    },
    register: dialogs.register,
    forget: dialogs.forget,
    sessionAt: (key) => dialogs.users.get(key)?.session,
    count,
    keySlip: options.keySlip,
    bug,
    takesText,
    textAnswered: (request, status) => {
      count(status < 300 ? 'message-passed' : 'message-refused')
      log({ event: 'text-answered', status, callIdHash: hash('sha256', callIdOf(request)).slice(0, 16) })
    },
    capabilities: [allowed(takesText), SUPPORTED, ['User-Agent', product]],
  }

  const guarded = (run: () => void) => {
    try {
      run()
    } catch (thrown) {
      bug(thrown)
    }
  }

  const tellTrunk = (event: TrunkEvent) => queueMicrotask(() => guarded(() => options.onTrunk?.(event)))
  const registrations = createTrunkRegistrations(stack, options.trunks, tellTrunk)
  const health = createTargetHealth(stack, options.targets ?? [], setAsideMs, tellTrunk)

  const watches = options.watching === undefined ? undefined : createWatches(stack, dialogs, options.watching)

  const ended = (id: string) => {
    if (sessions.delete(id)) log({ event: 'session-ended', session: id })
  }

  const reception = createReception({
    wire,
    clients,
    servers,
    dialogs: dialogs.users,
    phones,
    trunkOf,
    callerOf: (request, source) =>
      registrations.byContact(request) ?? trunkOf(source) ?? registrations.byRegistrar(source),
    clock,
    count,
    log,
    bug,
    product,
    instance,
    secret: random(SALT_BYTES),
    flood: options.flood,
    keySlip: options.keySlip,
    // Without sockets there is no memory that a message passed through.
    onCut: options.wire === undefined ? createCutFlush(clock) : undefined,
    isUrgent: options.isUrgent,
    onSubscribe: watches?.take,
    isFull: () => sessions.size >= (options.maxSessions ?? DEFAULT_MAX_SESSIONS) || options.isBusy?.() === true,
    onText: takesText
      ? (transaction, origin) => {
          const text = incomingText(stack, transaction, origin, trustsIdentity(origin))
          if (text !== undefined) guarded(() => events.onText?.(text))
        }
      : undefined,
    onInvite: (transaction, origin: SipOrigin) => {
      const id = makeId(drawn, 'leg-')
      const incoming = createIncoming(stack, transaction, origin, id, trustsIdentity(origin), () => ended(id))
      if (incoming === undefined) return
      sessions.set(id, incoming.abort)
      log({ event: 'session-opened', session: id })
      guarded(() => events.onIncoming(incoming.session))
    },
  })

  /** Whether who sent a call may say whose it is: a trunk of which the configuration says so (RFC 3325). */
  const trustsIdentity = (origin: SipOrigin): boolean =>
    origin.kind === 'trunk' &&
    settings.trunks.some(({ name, trustIdentity }) => name === origin.trunk && trustIdentity === true)

  const text = createTextSender(stack, {
    turns: (target) => turnsOf(target, health, (each) => phones?.flowFailed(each)),
    routed: registrations.routed,
    way: (target, hasSpare) => wayTo(wire, target, hasSpare),
  })

  const invite = (asked: InviteOptions): OutgoingSession => {
    const [first, ...others] = turnsOf(asked.target, health, (target) => phones?.flowFailed(target))
    return first === undefined ? place(asked, false) : callInTurn(asked, [first, ...others], place)
  }

  const place = (wanted: InviteOptions, hasSpare: boolean): OutgoingSession => {
    const asked = { ...wanted, target: registrations.routed(wanted.target) }
    const id = makeId(drawn, 'leg-')
    let isGone = false
    const outgoing = createOutgoing(stack, asked, wayTo(wire, asked.target, hasSpare), identityLines(asked), id, () => {
      isGone = true
      ended(id)
    })
    if (!isGone) sessions.set(id, outgoing.abort)
    log({ event: 'session-opened', session: id })
    return outgoing.session
  }

  return {
    listen: async () => {
      await wire.open(reception.receive, (flow) => {
        phones?.flowClosed(flow)
        clients.flowClosed(flow)
        registrations.flowClosed(flow)
      })
      registrations.start()
      health.start()
    },
    get listening() {
      return wire.listening
    },
    invite,
    text,
    contacts: (account) => phones?.contacts(account) ?? [],
    registrations: (account) => phones?.registrations(account) ?? [],
    localAddressFor: (target) => {
      const way = wayTo(wire, target)
      const host = way.to === 'flow' ? way.flow.address : (parseUri(way.uri)?.host ?? '')
      if (!isNumericHost(host)) return stack.localAddress(undefined)
      const peer = { transport: 'udp', address: host, port: 5060 } as const
      return addressOf({
        ...peer,
        listener: Math.max(0, way.to === 'flow' ? way.flow.listener : listenerFor(wire.listening, peer)),
        connection: 0,
      })
    },
    trunks: () => settings.trunks.map(({ name }) => ({ name, ...registrations.view(name) })),
    targets: health.views,
    reconfigure: (next) => {
      settings = next
      findTrunk = createTrunkFinder(next.trunks)
      registrations.replace(next.trunks)
      health.replace(next.targets ?? [])
      if (next.phones !== undefined) phones?.reconfigure(next.phones)
      watches?.changed()
    },
    drain: (retryAfterSeconds) => {
      reception.drain(retryAfterSeconds)
      void registrations.leave()
    },
    watch: watched.watch,
    watchedChanged: () => watches?.changed(),
    get sessionCount() {
      return sessions.size
    },
    stats: () => ({
      ...counters,
      clientTransactions: clients.size,
      serverTransactions: servers.size,
      setAside: setAside.size,
      dialogs: dialogs.users.size,
      watches: watches?.size ?? 0,
      sessions: sessions.size,
    }),
    close: async () => {
      if (isClosed) return
      isClosed = true
      for (const abort of [...sessions.values()]) abort()
      sessions.clear()
      await registrations.leave()
      registrations.close()
      health.close()
      watches?.close()
      clients.close()
      servers.close()
      phones?.close()
      await wire.close()
    },
  }
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
