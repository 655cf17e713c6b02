/**
 * The location service (RFC 3261 section 10.3): which contacts an account has, for how long, and over which flow each is reached. A pure
 * step machine: bindings in, bindings and the answer out.
 *
 * The account is proved before a REGISTER gets here. A contact with an instance takes the place of that instance's earlier one, so that a phone
 * that changed its port is not called twice; with a `reg-id` beside it (RFC 5626), of the one with the same: a phone with several flows keeps
 * them, and is called over the newest. GRUUs (RFC 5627) are not given out; URIs that are some are kept as they came.
 */

import type { InviteTarget, SipPeer } from './session.ts'

/** One Contact of a REGISTER. */
export type RegisterContact = {
  /** Address without brackets and header parameters. */
  readonly uri: string
  /** Its own `expires`, seconds. */
  readonly expiresSeconds: number | undefined
  /** `+sip.instance`, as written. */
  readonly instance: string | undefined
  /** `reg-id`, where the phone keeps several flows to us; never without an instance. */
  readonly regId?: number | undefined
}

export type RegisterRequest = {
  readonly account: string
  readonly callId: string
  readonly cseq: number
  /** `*` alone, or a list; empty asks for the list. */
  readonly contacts: readonly RegisterContact[] | '*'
  /** Value of Expires, seconds. */
  readonly expiresSeconds: number | undefined
  /** The flow the request came over. */
  readonly peer: NonNullable<InviteTarget['peer']>
  /** The proxies that a request to the phone has to pass, first hop first (RFC 3327); absent when there are none. */
  readonly path?: readonly string[]
}

export type Binding = Pick<RegisterContact, 'uri' | 'instance' | 'regId'> & {
  readonly peer: NonNullable<InviteTarget['peer']>
  readonly path: readonly string[]
  readonly callId: string
  readonly cseq: number
  /** Of the clock that the steps are given. */
  readonly expiresAtMs: number
  /** When it was last renewed. */
  readonly renewedAtMs: number
}

/** All bindings by account; accounts without any are not in it. */
export type Registrations = ReadonlyMap<string, readonly Binding[]>

export type RegistrarLimits = {
  readonly contactsPerAccount: number
  readonly minSeconds: number
  readonly maxSeconds: number
  readonly defaultSeconds: number
}

/** A contact that stands, with the seconds left. */
export type AnsweredContact = Pick<Binding, 'uri' | 'instance' | 'regId'> & { readonly expiresSeconds: number }

export type RegisterAnswer =
  /** 200: the contacts that now stand, newest first. */
  | { readonly status: 200; readonly contacts: readonly AnsweredContact[] }
  | { readonly status: 423; readonly minExpiresSeconds: number }
  /** 400: `*` with anything beside it. 403: too many contacts. 500: out of order (section 10.3 step 7). */
  | { readonly status: 400 | 403 | 500 }

export type RegistrarStep = {
  readonly registrations: Registrations
  readonly answer: RegisterAnswer
  /** Whether the account's set of contacts is another one than before. */
  readonly changed: boolean
}

/** Longest contact that is kept, characters. */
const URI_MAX_CHARS = 1024

/** @returns no registrations. */
export function noRegistrations(): Registrations {
  return new Map()
}

/** Takes a REGISTER. All of it takes effect or nothing (section 10.3 step 7). */
export function stepRegister(
  registrations: Registrations,
  request: RegisterRequest,
  limits: RegistrarLimits,
  nowMs: number,
): RegistrarStep {
  const before = liveOf(registrations, request.account, nowMs)
  const refuse = (answer: RegisterAnswer): RegistrarStep => ({ registrations, answer, changed: false })
  if (request.contacts === '*') {
    if (request.expiresSeconds !== 0) return refuse({ status: 400 })
    if (before.some((binding) => isOutOfOrder(binding, request))) return refuse({ status: 500 })
    return settle(registrations, request.account, before, [], nowMs)
  }
  let bindings = before
  for (const contact of request.contacts) {
    if (contact.uri === '' || contact.uri.length > URI_MAX_CHARS) return refuse({ status: 400 })
    const seconds = contact.expiresSeconds ?? request.expiresSeconds ?? limits.defaultSeconds
    if (seconds > 0 && seconds < limits.minSeconds) return refuse({ status: 423, minExpiresSeconds: limits.minSeconds })
    const replaced = before.filter((binding) => isSameContact(binding, contact))
    if (replaced.some((binding) => isOutOfOrder(binding, request))) return refuse({ status: 500 })
    bindings = bindings.filter((binding) => !isSameContact(binding, contact))
    if (seconds > 0) bindings = [bind(request, contact, Math.min(seconds, limits.maxSeconds), nowMs), ...bindings]
  }
  if (bindings.length > limits.contactsPerAccount) return refuse({ status: 403 })
  return settle(registrations, request.account, before, bindings, nowMs)
}

/** @returns the account's bindings that have not lapsed, newest first. */
export function contactsOf(registrations: Registrations, account: string, nowMs: number): readonly Binding[] {
  return liveOf(registrations, account, nowMs)
}

/** @returns the account that has a contact with this peer. */
export function accountAt(registrations: Registrations, peer: SipPeer): string | undefined {
  for (const [account, all] of registrations) if (all.some((row) => samePeer(row.peer, peer))) return account
  return undefined
}

/** Forgets what has lapsed. @returns the accounts that lost a contact. */
export function stepLapse(
  registrations: Registrations,
  nowMs: number,
): { readonly registrations: Registrations; readonly lapsed: readonly string[] } {
  const lapsed = [...registrations]
    .filter(([, all]) => all.some((row) => row.expiresAtMs <= nowMs))
    .map(([name]) => name)
  if (lapsed.length === 0) return { registrations, lapsed }
  const next = new Map(registrations)
  for (const account of lapsed) put(next, account, liveOf(registrations, account, nowMs))
  return { registrations: next, lapsed }
}

/** Forgets a contact that cannot be reached any more: the proxy before it says that its flow is broken (RFC 5626 section 5.3.1). */
export function stepFlowFailed(
  registrations: Registrations,
  failed: Pick<Binding, 'uri' | 'path'>,
): { readonly registrations: Registrations; readonly lost: readonly string[] } {
  return without(registrations, ({ uri, path }) => uri === failed.uri && path.join() === failed.path.join())
}

/**
 * Forgets the contacts whose connection is gone: a stream cannot be opened towards a phone behind NAT. Towards a proxy that stands in a Path it can.
 */
export function stepFlowClosed(
  registrations: Registrations,
  peer: SipPeer,
): { readonly registrations: Registrations; readonly lost: readonly string[] } {
  return without(registrations, (row) => row.path.length === 0 && samePeer(row.peer, peer))
}

function without(
  registrations: Registrations,
  isGone: (row: Binding) => boolean,
): { readonly registrations: Registrations; readonly lost: readonly string[] } {
  const lost = [...registrations].filter(([, all]) => all.some(isGone)).map(([account]) => account)
  if (lost.length === 0) return { registrations, lost }
  const next = new Map(registrations)
  for (const account of lost)
    put(
      next,
      account,
      (registrations.get(account) ?? []).filter((row) => !isGone(row)),
    )
  return { registrations: next, lost }
}

/** Forgets the contacts of accounts that are gone. */
export function stepAccounts(
  registrations: Registrations,
  isThere: (account: string) => boolean,
): { readonly registrations: Registrations; readonly lost: readonly string[] } {
  const lost = [...registrations.keys()].filter((account) => !isThere(account))
  if (lost.length === 0) return { registrations, lost }
  return { registrations: new Map([...registrations].filter(([account]) => isThere(account))), lost }
}

/** @returns when the next binding lapses; undefined when there is none. */
export function nextLapseMs(registrations: Registrations): number | undefined {
  let soonest: number | undefined
  for (const all of registrations.values()) {
    for (const { expiresAtMs } of all) if (soonest === undefined || expiresAtMs < soonest) soonest = expiresAtMs
  }
  return soonest
}

function settle(
  registrations: Registrations,
  account: string,
  before: readonly Binding[],
  bindings: readonly Binding[],
  nowMs: number,
): RegistrarStep {
  const next = new Map(registrations)
  put(next, account, bindings)
  const contacts = bindings.map(({ uri, instance, regId, expiresAtMs }) => ({
    uri,
    instance,
    regId,
    expiresSeconds: Math.ceil((expiresAtMs - nowMs) / 1000),
  }))
  return { registrations: next, answer: { status: 200, contacts }, changed: namesOf(before) !== namesOf(bindings) }
}

function bind(request: RegisterRequest, contact: RegisterContact, seconds: number, nowMs: number): Binding {
  return {
    uri: contact.uri,
    instance: contact.instance,
    regId: contact.regId,
    peer: request.peer,
    path: request.path ?? [],
    callId: request.callId,
    cseq: request.cseq,
    expiresAtMs: nowMs + seconds * 1000,
    renewedAtMs: nowMs,
  }
}

function put(registrations: Map<string, readonly Binding[]>, account: string, bindings: readonly Binding[]): void {
  if (bindings.length === 0) registrations.delete(account)
  else registrations.set(account, bindings)
}

function liveOf(registrations: Registrations, account: string, nowMs: number): readonly Binding[] {
  return (registrations.get(account) ?? []).filter((binding) => binding.expiresAtMs > nowMs)
}

/** A request of the same Call-ID must count up; one of another Call-ID comes from a phone that was restarted (section 10.3 step 7). */
function isOutOfOrder(binding: Binding, request: RegisterRequest): boolean {
  return binding.callId === request.callId && request.cseq <= binding.cseq
}

/**
 * The same instance, with several flows the same of them, or the same address; scheme and host compare without case, the user does not (RFC 3261
 * section 19.1.4). One that does not number its flows, or has not before, has no other beside it.
 */
function isSameContact(binding: Binding, contact: RegisterContact): boolean {
  if (binding.instance !== undefined && binding.instance === contact.instance) {
    return binding.regId === undefined || contact.regId === undefined || binding.regId === contact.regId
  }
  return comparable(binding.uri) === comparable(contact.uri)
}

function comparable(uri: string): string {
  const at = uri.lastIndexOf('@')
  const scheme = uri.indexOf(':') + 1
  const user = at === -1 ? '' : uri.slice(scheme, at + 1)
  return uri.slice(0, scheme).toLowerCase() + user + uri.slice(at === -1 ? scheme : at + 1).toLowerCase()
}

function samePeer(one: SipPeer, other: SipPeer): boolean {
  return one.transport === other.transport && one.address === other.address && one.port === other.port
}

function namesOf(bindings: readonly Binding[]): string {
  return bindings
    .map(({ uri, peer, path }) => `${comparable(uri)} ${peer.transport} ${peer.address} ${peer.port} ${path.join()}`)
    .sort()
    .join('\n')
}
