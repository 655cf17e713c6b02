/**
 * One trunk's registration of ours: sends what `registration-step.ts` decides, asks one registrar after the other, answers challenges, follows
 * redirections, and knows the calls that come to the registered contact.
 *
 * Credentials follow a 3xx: who can forge one, or say it, can as well challenge us himself. From TLS none leads to anything else.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { FaultCode } from '../base/faults.ts'
import { type CredentialBook, createCredentialBook } from './credential-book.ts'
import { parseDigits } from './lexical.ts'
import { headerOf, type SipRequest, type SipResponse } from './message.ts'
import { faultOf, grantedSeconds, isOverTls, lineOf, placesIn, serviceRouteIn } from './registration-reply.ts'
import { type RegisterHead, registerParts } from './registration-request.ts'
import {
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationTimer,
  registrationStart,
  stepRegistration,
} from './registration-step.ts'
import { retryAfterOf } from './sender.ts'
import type { SipPeer } from './session.ts'
import type { Credentials, Pending, Stack, UnsentParts, Way } from './stack.ts'
import { type Flow, isSamePeer, isStream } from './transport.ts'
import type { RegistrationView, TrunkEvent } from './trunk-view.ts'
import { writeHost } from './uri.ts'

export type RegistrationTerms = {
  readonly trunk: string
  /** Request-URI, such as `sip:carrier.example`. */
  readonly registrar: string
  /** Where it is sent, in the order of trying; the registrar itself when empty. */
  readonly proxies: readonly string[]
  /** User part of the address of record and of our contact. */
  readonly user: string
  readonly credentials: Credentials | undefined
  readonly expiresSeconds: number
  /** The first wait after a failure. */
  readonly retrySeconds: number
}

export type Registration = {
  readonly trunk: string
  /** User part of our contact. */
  readonly user: string
  start(): void
  /** Takes our contact away. @returns when that is answered, or nobody did. May be called twice. */
  leave(): Promise<void>
  /** @returns whether a request is for our contact. */
  isFor(request: SipRequest): boolean
  /** Whom we are registered at; undefined while we are not. */
  readonly registrar: SipPeer | undefined
  /** A connection has ended. */
  flowClosed(flow: Flow): void
  /** What our requests have to pass, as long as we are registered (RFC 3608); empty where the registrar names nothing. */
  readonly serviceRoute: readonly string[]
  view(): RegistrationView
  /** Stops every timer; nothing is sent. */
  close(): void
}

/** Requests that one exchange may take: every place, with challenges, redirections and a 423. */
const MOST_REQUESTS = 24

/** One exchange: the places that are still to be asked, and what was sent so far. */
type Exchange = {
  places: readonly string[]
  readonly seconds: number
  requests: number
  hasRedirected: boolean
  /** Where the first of the places was asked: who challenges is asked again. */
  flow: Flow | undefined
}

export function createRegistration(
  stack: Stack,
  clock: Clock,
  terms: RegistrationTerms,
  tell: (event: TrunkEvent) => void,
): Registration {
  const { trunk, user } = terms
  const retryMs = terms.retrySeconds * 1000
  const usualPlaces = terms.proxies.length > 0 ? terms.proxies : [terms.registrar]
  const mustBeSecure = usualPlaces.every(isOverTls)
  const isSips = terms.registrar.startsWith('sips:')
  const head: RegisterHead = {
    registrar: terms.registrar,
    user,
    callId: stack.token() + stack.token(),
    tag: stack.token(),
    token: stack.token(),
    uuid: stack.uuid(),
    capabilities: stack.capabilities,
  }
  const book: CredentialBook | undefined =
    terms.credentials === undefined ? undefined : createCredentialBook(terms.credentials, stack.token)
  const timers: { [name in RegistrationTimer]?: Timer | undefined } = {}
  let state = registrationStart(terms.expiresSeconds)
  let cseq = 0
  let pending: Pending | undefined
  /** The exchange that is under way; answers to any other come too late. */
  let current: Exchange | undefined
  let peer: SipPeer | undefined
  let last: { readonly status: number | undefined; readonly fault: FaultCode } | undefined
  /** The place that keeps our contact. */
  let keeper: string | undefined
  let serviceRoute: readonly string[] = []
  const left: (() => void)[] = []

  const draw = () => ({ nowMs: clock.now(), chance: stack.chance() })

  const step = (event: RegistrationEvent) => {
    const [next, ...effects] = stepRegistration(retryMs, state, event)
    state = next
    for (const effect of effects) perform(effect)
  }

  const perform = (effect: RegistrationEffect) => {
    switch (effect.do) {
      case 'ask':
        pending?.abandon()
        book?.begin()
        current = {
          // To take the contact away, who has it is asked first: there is little time for the others.
          places: effect.seconds > 0 || keeper === undefined ? usualPlaces : [keeper],
          seconds: effect.seconds,
          requests: 0,
          hasRedirected: false,
          flow: undefined,
        }
        return ask(current)
      case 'arm':
        timers[effect.timer]?.cancel()
        timers[effect.timer] = clock.after(effect.ms, () => step({ type: 'lapsed', timer: effect.timer }))
        return
      case 'disarm':
        timers[effect.timer]?.cancel()
        return
      case 'tell':
        return tell(newsOf(effect))
      case 'rest':
        current = undefined
        if (state.at === 'off') for (const done of left.splice(0)) done()
    }
  }

  const newsOf = (effect: Extract<RegistrationEffect, { readonly do: 'tell' }>): TrunkEvent => {
    const at = { atMs: clock.now(), trunk }
    switch (effect.what) {
      case 'registered':
        return { type: 'trunk.registered', ...at, seconds: effect.seconds }
      case 'failed':
        return {
          type: 'trunk.registration-failed',
          ...at,
          fault: last?.fault ?? 'sip.registrar-unreachable',
          ...(last?.status === undefined ? {} : { status: last.status }),
          retrySeconds: Math.ceil(effect.waitMs / 1000),
          stillRegistered: effect.isStanding ? 'yes' : 'no',
        }
      case 'lost':
        return { type: 'trunk.registration-lost', ...at }
      case 'unregistered':
        return { type: 'trunk.unregistered', ...at }
    }
  }

  const ask = (exchange: Exchange) => {
    const [place] = exchange.places
    if (place === undefined || exchange.requests >= MOST_REQUESTS) return unreachable()
    exchange.requests += 1
    cseq += 1
    const number = cseq
    const way: Way = {
      to: 'uri',
      uri: place,
      otherwise: exchange.flow,
      // The last one is not waited for long either: the next try comes anyway, and finds one that is back.
      patience: 'short',
    }
    const isOurs = () => current === exchange && cseq === number
    pending = stack.request(
      way,
      (flow) => {
        exchange.flow = flow
        return partsOf(number, exchange.seconds, flow)
      },
      {
        onResponse: (response) => {
          if (response.status >= 200 && isOurs()) answered(exchange, response)
        },
        onFailed: () => {
          if (isOurs()) next(exchange)
        },
      },
    )
  }

  const next = (exchange: Exchange, places = exchange.places.slice(1)) => {
    exchange.places = places
    exchange.flow = undefined
    ask(exchange)
  }

  const answered = (exchange: Exchange, response: SipResponse) => {
    const { status } = response
    if (status < 300) {
      const seconds = grantedSeconds(response, head.token, exchange.seconds)
      // Nothing granted is nothing registered, except where that was asked for.
      if (seconds === 0 && exchange.seconds > 0) return refused(response)
      if (exchange.seconds > 0) {
        peer = exchange.flow
        keeper = exchange.places[0]
        serviceRoute = serviceRouteIn(response, mustBeSecure)
        last = undefined
      }
      return step({ type: 'granted', seconds, ...draw() })
    }
    if (status < 400) {
      const places = exchange.hasRedirected ? [] : placesIn(response, mustBeSecure)
      if (places.length === 0) return refused(response)
      exchange.hasRedirected = true
      return next(exchange, places)
    }
    if ((status === 401 || status === 407) && book?.take(response) === true) return ask(exchange)
    if (status === 503 && exchange.places.length > 1) return next(exchange)
    refused(response)
  }

  const refused = (response: SipResponse) => {
    const { status } = response
    last = { status, fault: faultOf(status) }
    step({
      type: 'refused',
      status,
      minSeconds: parseDigits(headerOf(response, 'min-expires') ?? '', 2 ** 32),
      retryAfterSeconds: retryAfterOf(response),
      ...draw(),
    })
  }

  const unreachable = () => {
    last = { status: undefined, fault: 'sip.registrar-unreachable' }
    step({ type: 'unreachable', ...draw() })
  }

  const partsOf = (number: number, seconds: number, flow: Flow): UnsentParts => {
    const bare = registerParts(head, number, seconds, stack.contact(flow, isSips))
    return book === undefined ? bare : { ...bare, headers: [...bare.headers, ...book.headers(bare)] }
  }

  const close = () => {
    for (const timer of Object.values(timers)) timer?.cancel()
    pending?.abandon()
    current = undefined
    for (const done of left.splice(0)) done()
  }

  return {
    trunk,
    user,
    start: () => step({ type: 'started' }),
    leave: () => {
      if (state.at === 'off') return Promise.resolve()
      const done = new Promise<void>((resolve) => left.push(resolve))
      step({ type: 'stopped' })
      return done
    },
    isFor: (request) => lineOf(request.uri) === head.token,
    flowClosed: (flow) => {
      if (peer !== undefined && isStream(flow.transport) && isSamePeer(peer, flow)) step({ type: 'cut', ...draw() })
    },
    get registrar() {
      return state.untilMs === undefined ? undefined : peer
    },
    get serviceRoute() {
      return state.untilMs === undefined ? [] : serviceRoute
    },
    view: () => ({
      state: state.untilMs !== undefined ? 'registered' : state.at === 'asking' ? 'registering' : viewed(state.at),
      registrar: terms.registrar,
      ...(peer === undefined || state.untilMs === undefined
        ? {}
        : { address: `${writeHost(peer.address)}:${peer.port}` }),
      ...(peer === undefined || state.untilMs === undefined ? {} : { transport: peer.transport }),
      ...(state.untilMs === undefined
        ? {}
        : { expiresInSeconds: Math.max(0, Math.round((state.untilMs - clock.now()) / 1000)) }),
      failures: state.failures,
      ...(last?.status === undefined ? {} : { lastStatus: last.status }),
      ...(last === undefined ? {} : { fault: last.fault }),
    }),
    close,
  }
}

function viewed(at: 'off' | 'resting' | 'leaving'): 'off' | 'waiting' {
  return at === 'resting' ? 'waiting' : 'off'
}
