/**
 * Softphones: proves who sends a request (digest, RFC 8760), and keeps where they are (registrar, RFC 3261 section 10). A stranger
 * and a wrong password get the same answer, in the same time, and cost no memory.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { RandomBytes } from '../base/ids.ts'
import { createProxies, senderOf } from './behind-proxy.ts'
import { challenge, type DigestRealm, verify } from './digest.ts'
import { paramOf, parseDigits } from './lexical.ts'
import { createLockout, DEFAULT_LOCKOUT } from './lockout.ts'
import { callIdOf, cseqOf, headerOf, type SipRequest, toOf } from './message.ts'
import { type NameAddr, parseNameAddrList } from './name-addr.ts'
import { nonceWindows } from './nonce-windows.ts'
import type { PhoneSettings, Phones } from './options.ts'
import { answerLines, readPhoneWay, regIdOf, targetOf, writeContact } from './outbound.ts'
import { type RegisteredContact, registeredContact } from './registered-contact.ts'
import {
  accountAt,
  type Binding,
  contactsOf,
  nextLapseMs,
  noRegistrations,
  type RegisterContact,
  type RegistrarLimits,
  stepAccounts,
  stepFlowClosed,
  stepFlowFailed,
  stepLapse,
  stepRegister,
} from './registrar.ts'
import type { InviteTarget, SipPeer } from './session.ts'
import { type Flow, isSecure, isStream } from './transport.ts'
import { parseUri, userOf } from './uri.ts'
import type { Line, ResponseParts } from './write-message.ts'

/** A refusal, and whether credentials were wrong, or were so once too often, and where they came from. */
export type Refused = ResponseParts & { readonly guess?: { readonly was: 'wrong' | 'last'; readonly from: string } }

export type PhoneBook = {
  /**
   * @param address that it came from, maybe a proxy's.
   * @returns the account that proved itself, or the refusal to send: 401 with challenges, 400, or 403 to who guessed too often.
   */
  prove(request: SipRequest, address: string): { readonly account: string } | Refused
  /** @returns whether somebody has proved himself from there, not long ago, or comes by it: a proxy. */
  isKnown(address: string): boolean
  /** Takes a REGISTER of a proved account. @param source the flow it came by, which is the way to the phone. */
  register(request: SipRequest, account: string, source: Flow): ResponseParts
  contacts(account: string): readonly InviteTarget[]
  registrations(account: string): readonly RegisteredContact[]
  /** @returns the account that has a contact over this flow. */
  accountAt(flow: Flow): string | undefined
  /** @returns how a phone is reached that had this contact when its call began: by the same one, else over the newest flow of the only phone there is. */
  phoneAt(account: string, uri: string): NonNullable<InviteTarget['peer']> | undefined
  /** From now on these are the accounts and limits; the contacts of accounts that are gone are forgotten. */
  reconfigure(next: PhoneSettings): void
  /** A connection ended: the contacts behind it are gone. */
  flowClosed(peer: SipPeer): void
  /** The proxy before a contact has lost it (430, RFC 5626 section 5.3.1): it is gone. */
  flowFailed(target: Pick<InviteTarget, 'uri' | 'route'>): void
  close(): void
}

const DEFAULT_LIMITS: RegistrarLimits = {
  contactsPerAccount: 10,
  minSeconds: 60,
  maxSeconds: 3600,
  defaultSeconds: 3600,
}
const DEFAULT_NONCE_LIFE_MS = 300_000
const MAX_NONCES = 20_000
const SALT_BYTES = 8

export function createPhoneBook(
  options: Phones,
  clock: Clock,
  random: RandomBytes,
  changed: (account: string, contacts: number) => void,
): PhoneBook {
  let settings: PhoneSettings = options
  let realm = realmOf(options)
  const isProxy = createProxies(options.proxies)
  const windows = nonceWindows(MAX_NONCES)
  const lockout = createLockout(() => settings.lockout ?? DEFAULT_LOCKOUT)
  let registrations = noRegistrations()
  let lapse: Timer | undefined

  const tell = (account: string) => changed(account, contactsOf(registrations, account, clock.now()).length)

  const armLapse = () => {
    lapse?.cancel()
    const next = nextLapseMs(registrations)
    lapse = next === undefined ? undefined : clock.after(Math.max(0, next - clock.now()) + 1, lapsed)
  }
  const lapsed = () => {
    const step = stepLapse(registrations, clock.now())
    registrations = step.registrations
    for (const account of step.lapsed) tell(account)
    armLapse()
  }

  const lose = (step: ReturnType<typeof stepFlowClosed>) => {
    registrations = step.registrations
    for (const account of step.lost) tell(account)
  }

  const challenged = (stale: boolean, source: string): ResponseParts => ({
    status: 401,
    headers: challenge(realm, clock.now(), random(SALT_BYTES), stale, source).map(
      (value): Line => ['WWW-Authenticate', value],
    ),
  })

  return {
    prove: (request, address) => {
      const source = senderOf(request, address, isProxy)
      const credentials = request.values.filter((_, at) => request.names[at] === 'authorization').slice(0, 8)
      const verdict = verify(
        realm,
        { method: request.method, uri: request.uri, credentials, source },
        windows.windowOf,
        clock.now(),
      )
      // Locked out are right and wrong passwords alike, so that the answer tells nothing.
      if (lockout.isLocked(source, 'user' in verdict ? verdict.user : '', clock.now())) return { status: 403 }
      if (verdict.verdict === 'malformed') return { status: 400 }
      if (verdict.verdict === 'wrong') {
        const isLast = lockout.failed(source, verdict.user, clock.now())
        return { ...challenged(false, source), guess: { was: isLast ? 'last' : 'wrong', from: source } }
      }
      if (verdict.verdict !== 'proved') return challenged(verdict.verdict === 'stale', source)
      windows.keep(verdict, clock.now())
      lockout.proved(source, verdict.user, clock.now())
      return { account: verdict.user }
    },
    isKnown: (address) => isProxy(address) || lockout.isKnown(address, clock.now()),
    register: (request, account, source) => {
      const to = toOf(request)
      const aor = to === undefined ? undefined : parseUri(to.uri)
      if (aor === undefined || userOf(aor) !== account) return { status: 403 }
      const addresses = contactsIn(request)
      if (addresses === undefined) return { status: 400 }
      const phoneWay = readPhoneWay(request, addresses === '*' ? [] : addresses)
      if ('status' in phoneWay) return phoneWay
      const contacts = addresses === '*' ? '*' : addresses.map((each) => readContact(each, phoneWay.isOutbound))
      // Nobody could be called there: sips stays on TLS to the last hop (RFC 5630 section 3.1.3).
      if (!isSecure(source.transport) && contacts !== '*' && contacts.some(({ uri }) => /^sips:/i.test(uri)))
        return { status: 400 }
      const expiresSeconds = secondsIn(headerOf(request, 'expires'))
      const step = stepRegister(
        registrations,
        {
          account,
          callId: callIdOf(request),
          cseq: cseqOf(request)?.number ?? 0,
          contacts,
          expiresSeconds,
          peer: wayTo(source),
          path: phoneWay.path,
        },
        settings.limits ?? DEFAULT_LIMITS,
        clock.now(),
      )
      registrations = step.registrations
      armLapse()
      if (step.changed) tell(account)
      const { answer } = step
      if (answer.status === 200) {
        return {
          status: 200,
          headers: [...answer.contacts.map(writeContact), ...answerLines(request, phoneWay)],
        }
      }
      return answer.status === 423
        ? { status: 423, headers: [['Min-Expires', String(answer.minExpiresSeconds)]] }
        : { status: answer.status }
    },
    contacts: (account) => targetsIn(contactsOf(registrations, account, clock.now())),
    registrations: (account) =>
      contactsOf(registrations, account, clock.now()).map((each) => registeredContact(each, clock.now())),
    accountAt: (flow) => accountAt(registrations, flow),
    phoneAt: (account, uri) => {
      const all = contactsOf(registrations, account, clock.now())
      return (all.find((each) => each.uri === uri) ?? (isOnePhone(all) ? all[0] : undefined))?.peer
    },
    reconfigure: (next) => {
      settings = next
      realm = realmOf({ ...next, realm: realm.realm, nonceKey: realm.nonceKey })
      lose(stepAccounts(registrations, (account) => next.accountOf(account) !== undefined))
      armLapse()
    },
    flowClosed: (peer) => lose(stepFlowClosed(registrations, peer)),
    flowFailed: ({ uri, route = [] }) => lose(stepFlowFailed(registrations, { uri, path: route })),
    close: () => lapse?.cancel(),
  }
}

/** Of one that keeps several flows any will do (RFC 5626 section 5.3). */
function isOnePhone([first, ...others]: readonly Binding[]): boolean {
  return others.every(({ instance }) => instance !== undefined && instance === first?.instance)
}

/** Phones, each with its flows: of one that keeps several only the newest is called, and the others when that is broken (RFC 5626 section 6). */
function targetsIn(bindings: readonly Binding[]): InviteTarget[] {
  const phones = new Map<string, InviteTarget[]>()
  for (const [at, { uri, path, peer, instance, regId }] of bindings.entries()) {
    const phone = regId === undefined ? String(at) : (instance ?? '')
    phones.set(phone, [...(phones.get(phone) ?? []), targetOf(uri, path, peer)])
  }
  return [...phones.values()].flatMap(([newest, ...others]) => {
    if (newest === undefined) return []
    return others.length === 0 && newest.route === undefined ? [newest] : [{ ...newest, otherFlows: others }]
  })
}

function realmOf(options: Phones): DigestRealm {
  return { ...options, nonceLifeMs: options.nonceLifeMs ?? DEFAULT_NONCE_LIFE_MS }
}

/** A phone is reached from the listener it registered at, and behind a stream over that connection and no other: a NAT lets nothing else in. */
function wayTo({ transport, address, port, listener, connection }: Flow): NonNullable<InviteTarget['peer']> {
  return isStream(transport)
    ? { transport, address, port, listener, connection }
    : { transport, address, port, listener }
}

function contactsIn(request: SipRequest): readonly NameAddr[] | '*' | undefined {
  const lines = request.values.filter((_, at) => request.names[at] === 'contact')
  if (lines.length === 1 && lines[0] === '*') return '*'
  const lists = lines.map(parseNameAddrList)
  const all = lists.flatMap((list) => list ?? [])
  return lists.includes(undefined) || all.length > 20 ? undefined : all
}

function readContact(contact: NameAddr, isOutbound: boolean): RegisterContact {
  return {
    regId: isOutbound ? regIdOf(contact) : undefined,
    uri: contact.uri,
    expiresSeconds: secondsIn(paramOf(contact.params, 'expires')),
    instance: paramOf(contact.params, '+sip.instance'),
  }
}

/** An absurd number is a long time; a malformed one is none (RFC 3261 section 20.19). */
function secondsIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  return parseDigits(text, 2 ** 32 - 1) ?? 2 ** 32 - 1
}
