/**
 * From who calls and the dialled number to whom to ring: the routes of the configuration in their order, then, for phones, the account of
 * that name. Pure: whether a phone is signed in is not known here.
 *
 * A number goes out by a trunk only if it may (`toll-guard.ts`). A trunk reaches another trunk only by a route that names it: else anyone who can
 * call in could call out.
 */

import type { Config } from '../base/config-schema.ts'
import { matchesNumber } from '../base/number-pattern.ts'
import type { SipOrigin, TargetChoice } from '../sip/session.ts'
import { isPhoneNumber, mayCall } from './toll-guard.ts'

export type RouteConfig = Pick<Config, 'sip' | 'phones' | 'workgroups' | 'trunks' | 'routes'>

export type RouteTarget =
  | { readonly kind: 'phone'; readonly account: string }
  /** `choices` where one of several is enough, `uri` among them. */
  | { readonly kind: 'uri'; readonly uri: string; readonly choices?: readonly TargetChoice[] }
  | { readonly kind: 'trunk'; readonly trunk: string; readonly uri: string; readonly choices?: readonly TargetChoice[] }

/** Targets that ring at the same time. */
export type RingStage = { readonly targets: readonly RouteTarget[]; readonly ringMs: number }

export type Routed = {
  readonly result: 'routed'
  /** One after the other. */
  readonly stages: readonly RingStage[]
  /** Which leg is the caller's: the trunk's when a trunk is rung, else the one that placed the call. */
  readonly callerLeg: 'placing' | 'placed'
}
export type RouteResult =
  | Routed
  | { readonly result: 'refused'; readonly fault: 'sip.not-found' | 'sip.forbidden' | 'sip.not-registered' }

/** What people put between digits (RFC 3966 section 5.1.1). */
const SEPARATORS = /[-.() ]/g
const SECOND_MS = 1000

/** @param dialled the user part of the Request-URI, unescaped. */
export function route(config: RouteConfig, origin: SipOrigin, dialled: string): RouteResult {
  const number = plainNumber(dialled)
  for (const row of config.routes) {
    if (!comesFrom(row.from, origin) || !matchesNumber(row.number, number)) continue
    const { phone, workgroup, uri, trunk } = row.to
    if (phone !== undefined) return ringPhone(config, phone)
    if (workgroup !== undefined) return ringWorkgroup(config, workgroup, origin)
    if (uri !== undefined) return ringOne(config, { kind: 'uri', ...placesOf({ ...row, uri }, number) }, 'placing')
    if (trunk !== undefined) return ringTrunk(config, trunk, number, origin, row.from !== undefined)
  }
  const account = origin.kind === 'phone' && config.phones.some((phone) => phone.account === dialled)
  return account ? ringPhone(config, dialled) : { result: 'refused', fault: 'sip.not-found' }
}

/** @returns a phone number without what people put between its digits; any other name as it is. */
export function plainNumber(dialled: string): string {
  const number = dialled.replace(SEPARATORS, '')
  return isPhoneNumber(number) ? number : dialled
}

/** @returns a SIP URI with this user part when it has none (RFC 3261 section 25.1: what is not allowed there is escaped). */
export function withUser(uri: string, user: string): string {
  const [, scheme = 'sip:', rest = ''] = /^(sips?:)(.*)$/.exec(uri) ?? []
  return rest.includes('@') ? uri : `${scheme}${escapeUser(user)}@${rest}`
}

type Places = Pick<RouteConfig['routes'][number], 'weight' | 'moreTargets'> & { readonly uri: string }

/** @returns the Request-URI of a number, and of each place that it may be sent to where there are several. */
function placesOf({ uri, weight, moreTargets = [] }: Places, number: string) {
  const first = { uri: withUser(uri, number), key: uri, priority: 0, weight }
  if (moreTargets.length === 0) return { uri: first.uri }
  const more = moreTargets.map((each) => ({ ...each, uri: withUser(each.uri, number), key: each.uri }))
  return { uri: first.uri, choices: [first, ...more] }
}

/** @returns a user part as it may stand in a URI. */
export function escapeUser(user: string): string {
  return encodeURIComponent(user).replaceAll('%2B', '+')
}

function comesFrom(from: string | undefined, origin: SipOrigin): boolean {
  if (from === undefined) return true
  return origin.kind === 'trunk' ? from === origin.trunk : from === 'phones'
}

/** @returns where an emergency number leads: to the trunk for them, whatever it allows otherwise. */
export function routeEmergency(
  config: Pick<RouteConfig, 'sip' | 'trunks'> & Pick<Config, 'emergency'>,
  dialled: string,
): RouteResult {
  const trunk = config.trunks.find(({ name }) => name === config.emergency.trunk)
  if (trunk?.outbound === undefined) return { result: 'refused', fault: 'sip.not-found' }
  const uri = withUser(trunk.outbound.uri, plainNumber(dialled))
  return ringOne(config, { kind: 'trunk', trunk: trunk.name, uri }, 'placed')
}

function ringPhone(config: RouteConfig, account: string): RouteResult {
  return ringOne(config, { kind: 'phone', account }, 'placing')
}

function ringWorkgroup(config: RouteConfig, name: string, origin: SipOrigin): RouteResult {
  const group = config.workgroups.find((each) => each.name === name)
  if (group === undefined) return { result: 'refused', fault: 'sip.not-found' }
  // Who calls the own group wants a colleague.
  const accounts = group.phones.filter((account) => origin.kind !== 'phone' || origin.account !== account)
  if (accounts.length === 0) return { result: 'refused', fault: 'sip.not-registered' }
  const targets = accounts.map((account): RouteTarget => ({ kind: 'phone', account }))
  const ringMs = group.ringSeconds * SECOND_MS
  const stages =
    group.strategy === 'ring-all' ? [{ targets, ringMs }] : targets.map((target) => ({ targets: [target], ringMs }))
  return { result: 'routed', stages, callerLeg: 'placing' }
}

function ringTrunk(
  config: RouteConfig,
  name: string,
  number: string,
  origin: SipOrigin,
  isNamed: boolean,
): RouteResult {
  const trunk = config.trunks.find((each) => each.name === name)
  if (trunk?.outbound === undefined) return { result: 'refused', fault: 'sip.not-found' }
  const mayCallOut = origin.kind === 'phone' || isNamed
  if (!mayCallOut || !mayCall(config, trunk, origin, number)) return { result: 'refused', fault: 'sip.forbidden' }
  return ringOne(config, { kind: 'trunk', trunk: name, ...placesOf(trunk.outbound, number) }, 'placed')
}

function ringOne(config: Pick<RouteConfig, 'sip'>, target: RouteTarget, callerLeg: Routed['callerLeg']): RouteResult {
  return { result: 'routed', stages: [{ targets: [target], ringMs: config.sip.ringSeconds * SECOND_MS }], callerLeg }
}
