/**
 * What DNS says, remembered for as long as its TTL says; services and their order (SRV, NAPTR), where the resolver does not tell it, as Node's
 * own does not, for `RECORD_MS`. A question that is under way is not asked twice. Nothing here waits inside a call of ours: answers are promises.
 *
 * A name that does not exist is remembered as such for a short while. When no server answers, the last answer is used for up to an hour more:
 * calls that go where they went yesterday are better than none.
 */

import type { Clock } from '../base/clock.ts'

export type SrvRecord = {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
  /** Seconds. */
  readonly ttl?: number
}
/** RFC 3403 section 4.1, as Node names its parts. */
export type NaptrRecord = {
  readonly flags: string
  readonly service: string
  readonly replacement: string
  readonly order: number
  readonly preference: number
  readonly ttl?: number
}

/** Functions as in node:dns/promises; they reject when a name has no such record. */
export type Resolver = {
  resolve4(name: string, options: { readonly ttl: true }): Promise<{ address: string; ttl: number }[]>
  resolve6(name: string, options: { readonly ttl: true }): Promise<{ address: string; ttl: number }[]>
  resolveSrv(name: string): Promise<SrvRecord[]>
  resolveNaptr(name: string): Promise<NaptrRecord[]>
}

/** Never rejects: what cannot be found is an empty list. */
export type Names = {
  /** IPv4 before IPv6. */
  addresses(name: string): Promise<readonly string[]>
  services(name: string): Promise<readonly SrvRecord[]>
  orders(name: string): Promise<readonly NaptrRecord[]>
}

const RECORD_MS = 60_000
const ABSENT_MS = 10_000
const UNREACHABLE_MS = 5_000
const STALE_MS = 3_600_000
const MOST_TTL_MS = 86_400_000
const MOST_NAMES = 2000
/** The name server has answered, and there is no such record. */
const ABSENT: readonly unknown[] = ['ENOTFOUND', 'ENODATA']

type Kept = { readonly records: readonly unknown[]; readonly untilMs: number; readonly staleUntilMs: number }

/** Makes an empty memory. */
export function createNames(resolver: Resolver, clock: Clock): Names {
  const kept = new Map<string, Kept>()
  const asked = new Map<string, Promise<readonly unknown[]>>()

  const keep = (key: string, value: Kept) => {
    // Put at the end, so that what is thrown away first is what was asked for longest ago.
    kept.delete(key)
    kept.set(key, value)
    const oldest = kept.size > MOST_NAMES ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
  }

  const ask = async <T>(key: string, question: () => Promise<T[]>, lifeMs: (records: T[]) => number) => {
    try {
      const records = await question()
      const untilMs = clock.now() + lifeMs(records)
      keep(key, { records, untilMs, staleUntilMs: untilMs + STALE_MS })
      return records
    } catch (thrown) {
      const now = clock.now()
      if (ABSENT.includes(codeOf(thrown))) {
        keep(key, { records: [], untilMs: now + ABSENT_MS, staleUntilMs: now + ABSENT_MS })
        return []
      }
      const old = kept.get(key)
      const isUsable = old !== undefined && now < old.staleUntilMs
      const records = isUsable ? (old.records as T[]) : []
      keep(key, { records, untilMs: now + UNREACHABLE_MS, staleUntilMs: isUsable ? old.staleUntilMs : now })
      return records
    } finally {
      asked.delete(key)
    }
  }

  const look = <T>(
    key: string,
    question: () => Promise<T[]>,
    lifeMs: (records: T[]) => number,
  ): Promise<readonly T[]> => {
    const known = kept.get(key)
    if (known !== undefined && clock.now() < known.untilMs) return Promise.resolve(known.records as readonly T[])
    const standing = asked.get(key) ?? ask(key, question, lifeMs)
    asked.set(key, standing)
    return standing as Promise<readonly T[]>
  }

  const addressesOf = async (family: 4 | 6, name: string) => {
    const question = () =>
      family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true })
    const found = await look(`${family} ${name}`, question, leastTtlMs)
    return found.map(({ address }) => address)
  }

  return {
    addresses: async (name) => (await Promise.all([addressesOf(4, name), addressesOf(6, name)])).flat(),
    services: (name) => look(`srv ${name}`, () => resolver.resolveSrv(name), leastTtlMs),
    orders: (name) => look(`naptr ${name}`, () => resolver.resolveNaptr(name), leastTtlMs),
  }
}

function leastTtlMs(records: readonly { readonly ttl?: number }[]): number {
  return Math.min(MOST_TTL_MS, ...records.map(({ ttl }) => (ttl === undefined ? RECORD_MS : ttl * 1000)))
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined
}
