/**
 * Where calls may be sent, and in which order: by priority and weight, those that are down or have just failed behind the others. Pinged with
 * OPTIONS where that is asked for: a target is up when it answers (RFC 3261 section 11), unless with 503 or with the 408 of a proxy before it.
 */

import type { Timer } from '../base/clock.ts'
import { orderByWeight } from './resolve.ts'
import type { TargetChoice } from './session.ts'
import { firstLine } from './session-ids.ts'
import type { Pending, Stack, UnsentParts, Way } from './stack.ts'
import type { Flow } from './transport.ts'
import type { TargetView, TrunkEvent } from './trunk-view.ts'

export type TargetTerms = {
  /** Name of the trunk; undefined for a PBX that a route leads to. */
  readonly trunk: string | undefined
  /** Without a user part: calls to it differ in nothing else. */
  readonly uri: string
  readonly priority: number
  readonly weight: number
  /** From one OPTIONS to the next; 0 for none. */
  readonly pingMs: number
  /** Pings without an answer, in a row, until it is down. */
  readonly failuresUntilDown: number
}

export type TargetHealth = {
  start(): void
  /** @returns the same, best first. */
  order(choices: readonly TargetChoice[]): TargetChoice[]
  /** A call to it did not get an answer, or 503. */
  failed(key: string): void
  /** It answered a call. */
  answered(key: string): void
  /** Every target as it is now, in the order of the terms. */
  views(): readonly TargetView[]
  /** From now on there are these; what is known of those that stay is kept. */
  replace(all: readonly TargetTerms[]): void
  close(): void
}

type State = { readonly at: 'unknown' | 'up' | 'down'; readonly failures: number }

type Target = {
  terms: TargetTerms
  state: State
  asideUntilMs: number
  timer: Timer | undefined
  /** The newest ping. */
  ping: { readonly pending: Pending; over(isAnswered: boolean): void } | undefined
}

/** The first pings of many targets go out within this long, ms. */
const SPREAD_MS = 2000
const NO_BODY = new Uint8Array(0)

/** One ping. @returns what is known of a target after it. */
export function afterPing(state: State, isAnswered: boolean, failuresUntilDown: number): State {
  if (isAnswered) return { at: 'up', failures: 0 }
  const failures = state.failures + 1
  return { at: failures >= failuresUntilDown ? 'down' : state.at, failures }
}

/** @param setAsideMs how long one that failed is asked after the others, as it is set just now. */
export function createTargetHealth(
  stack: Stack,
  all: readonly TargetTerms[],
  setAsideMs: () => number,
  tell: (event: TrunkEvent) => void,
): TargetHealth {
  const { clock } = stack
  const known = (terms: TargetTerms): Target => ({
    terms,
    state: { at: 'unknown', failures: 0 },
    asideUntilMs: Number.NEGATIVE_INFINITY,
    timer: undefined,
    ping: undefined,
  })
  let targets = all.map(known)
  let isStarted = false
  let isClosed = false

  const pinged = (target: Target, isAnswered: boolean) => {
    const before = target.state.at
    target.state = afterPing(target.state, isAnswered, target.terms.failuresUntilDown)
    const { at } = target.state
    if (isAnswered) target.asideUntilMs = Number.NEGATIVE_INFINITY
    if (at === before || (before === 'unknown' && at === 'up')) return
    const { trunk = '', uri } = target.terms
    const news = { atMs: clock.now(), trunk, target: uri }
    tell(at === 'down' ? { type: 'trunk.target-down', ...news } : { type: 'trunk.target-up', ...news })
  }

  const ping = (target: Target) => {
    const { pingMs, uri } = target.terms
    target.timer = clock.after(pingMs * (0.9 + 0.2 * stack.chance()), () => ping(target))
    // Where they come faster than patience ends, it has had as long as it gets.
    target.ping?.over(false)
    target.ping?.pending.abandon()
    const way: Way = { to: 'uri', uri, otherwise: undefined, patience: 'short' }
    let isOver = false
    const over = (isAnswered: boolean) => {
      if (isOver || isClosed) return
      isOver = true
      pinged(target, isAnswered)
    }
    const pending = stack.request(way, (flow) => optionsTo(stack, uri, flow), {
      onResponse: ({ status }) => {
        if (status >= 200) over(status !== 503 && status !== 408)
      },
      onFailed: () => {
        // Nothing is to be sent again: the next ping comes anyway.
        pending.abandon()
        over(false)
      },
    })
    target.ping = { pending, over }
  }

  const pingSoon = (target: Target) => {
    const { pingMs } = target.terms
    if (pingMs > 0) target.timer = clock.after(stack.chance() * Math.min(SPREAD_MS, pingMs), () => ping(target))
  }
  const rest = (target: Target) => {
    target.timer?.cancel()
    target.ping?.pending.abandon()
    Object.assign(target, { timer: undefined, ping: undefined })
  }
  const named = (key: string) => targets.find(({ terms }) => terms.uri === key)

  const rank = (key: string): number => {
    const target = named(key)
    if (target === undefined) return 0
    if (target.state.at === 'down') return 2
    return target.asideUntilMs > clock.now() ? 1 : 0
  }

  return {
    start: () => {
      isStarted = true
      for (const target of targets) pingSoon(target)
    },
    order: (choices) => orderByWeight(choices, stack.chance).toSorted((a, b) => rank(a.key) - rank(b.key)),
    failed: (key) => {
      const target = named(key)
      if (target !== undefined) target.asideUntilMs = clock.now() + setAsideMs()
    },
    answered: (key) => {
      const target = named(key)
      if (target !== undefined) target.asideUntilMs = Number.NEGATIVE_INFINITY
    },
    views: () =>
      targets.map(({ terms: { trunk, uri, priority, weight, pingMs }, state, asideUntilMs }) => ({
        ...(trunk === undefined ? {} : { trunk }),
        uri,
        priority,
        weight,
        state: pingMs === 0 ? 'not-pinged' : state.at,
        failedPings: state.failures,
        setAsideSeconds: Math.max(0, Math.ceil((asideUntilMs - clock.now()) / 1000)),
      })),
    replace: (next) => {
      const before = new Map(targets.map((target) => [target.terms.uri, target]))
      targets = next.map((terms) => {
        const target = before.get(terms.uri) ?? known(terms)
        before.delete(terms.uri)
        const isPingedAlike = target.terms.pingMs === terms.pingMs
        target.terms = terms
        if (isPingedAlike && target.timer !== undefined) return target
        rest(target)
        // What nobody looks at any more is not known to be down.
        if (terms.pingMs === 0) target.state = { at: 'unknown', failures: 0 }
        if (isStarted && !isClosed) pingSoon(target)
        return target
      })
      for (const target of before.values()) rest(target)
    },
    close: () => {
      isClosed = true
      for (const target of targets) rest(target)
    },
  }
}

function optionsTo(stack: Stack, uri: string, flow: Flow): UnsentParts {
  const contact = stack.contact(flow, uri.startsWith('sips:'))
  return {
    method: 'OPTIONS',
    uri,
    headers: [
      ['Max-Forwards', '70'],
      ['From', `${contact};tag=${stack.token()}`],
      ['To', `<${uri}>`],
      ['Call-ID', stack.token()],
      ['CSeq', '1 OPTIONS'],
      firstLine(stack.uuid()),
      ['Contact', contact],
      ['Accept', 'application/sdp'],
      ...stack.capabilities,
    ],
    body: NO_BODY,
  }
}
