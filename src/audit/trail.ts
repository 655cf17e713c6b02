/**
 * Writes the chain: what is to be recorded waits in line, becomes lines, and goes to the disk in one piece with whatever else waits. When the
 * disk does not take it, nothing new may begin; what has to be kept waits and is written when it does.
 *
 *   start   key, claim, newest file -> `started`, and a `closed` for every session that a kill left open
 *   failure an alarm, `available` false; every 2 s another try -> `resumed`, then what waited
 */

import { realpath } from 'node:fs/promises'
import { claimPath } from '../base/claim.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { asFault, Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { createSessionChecker, type SessionChecker } from './checker.ts'
import { type AuditBody, type AuditTrail, anAuditBody, type SealedRecord } from './contract.ts'
import { makeKey, readKey } from './keys.ts'
import { openSessions, readChain } from './reading.ts'
import { emptyHead, type Head, type SealedLine, seal } from './seal.ts'
import type { SigningKey } from './signature.ts'
import { AuditStore } from './store.ts'

export type AuditTrailOptions = {
  readonly folder: string
  readonly clock: Clock
  /** Milliseconds since 1970: for people, and for nothing else. */
  readonly wallMs: () => number
  readonly random: RandomBytes
  /** What runs here. */
  readonly program: { readonly version: string; readonly node: string; readonly digest: string }
  readonly onEvent: (event: AuditEvent) => void
  /** Lines before a new file may begin. Default 10,000. */
  readonly linesPerFile?: number
}

export type AuditEvent =
  | {
      readonly type: 'recorded'
      readonly kind: AuditBody['kind']
      readonly number: number
      /** Of its line: noted elsewhere, it shows later that nothing was cut off before it. */
      readonly digest: string
      readonly sessionId?: string
    }
  /** The alarm: told once, until it resumed. */
  | { readonly type: 'failed'; readonly fault: Fault }
  | { readonly type: 'resumed'; readonly missedMs: Milliseconds }

export type RunningTrail = AuditTrail &
  Pick<SessionChecker, 'check'> & {
    /** Tries to begin; when it cannot, it goes on trying. Never throws. */
    start(): Promise<void>
    /** Writes what waits, if the disk takes it, and lets the folder go. */
    stop(): Promise<void>
  }

type Waiting = {
  readonly body: AuditBody
  /** Kept until it is written; without it whoever waits is told of the failure. */
  readonly keep: boolean
  resolve(number: number): void
  reject(cause: Fault): void
}

const RETRY_MS: Milliseconds = 2000
/** Sessions whose records are remembered for whoever asks. */
const SESSIONS_KNOWN = 4096

/** @returns a trail; nothing is read or written before `start`. */
export function createAuditTrail(options: AuditTrailOptions): RunningTrail {
  const { clock, folder, onEvent } = options
  const boot = makeId(options.random, 'boot-')
  const store = new AuditStore(folder, options.linesPerFile)
  const checker = createSessionChecker({ folder, clock, publicPem: () => key?.publicPem ?? '' })
  const known = new Map<string, SealedRecord[]>()
  const open = new Set<string>()
  let key: SigningKey | undefined
  let head: Head | undefined
  let letGo: (() => void) | undefined
  let line: Waiting[] = []
  let writing: Promise<void> | undefined
  let failedAtMs: Milliseconds | undefined
  let lastFault: FaultCode | undefined
  let retry: Timer | undefined
  let stopped = false

  const wait = (body: AuditBody, keep: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      line.push({ body, keep, resolve, reject })
      pump()
    })
  const noted = (body: AuditBody): Waiting => ({ body, keep: true, resolve: () => undefined, reject: () => undefined })

  const begin = async () => {
    const hasRecords = await store.prepare()
    letGo ??= await claimPath('audit', await realpath(folder))
    const found = await readKey(folder)
    if (found === undefined && hasRecords) throw fault('audit.key-missing')
    key = found ?? (await makeKey(folder))
    const { lines, tornOctets } = await store.load()
    const chain = readChain(lines, key.publicPem)
    if (chain === undefined) throw fault('audit.damaged')
    const { version, node, digest } = options.program
    const interrupted = openSessions(chain).map(({ sessionId, callId }): Waiting => {
      open.add(sessionId)
      return noted({ kind: 'closed', sessionId, callId, ending: 'interrupted' })
    })
    head = chain.at(-1)?.head ?? emptyHead(key.id)
    line = [noted({ kind: 'started', version, node, program: digest, tornOctets }), ...interrupted, ...line]
  }

  const write = async (batch: readonly Waiting[]) => {
    if (head === undefined || key === undefined || batch.length === 0) return
    const first = head.number + 1
    let end = head
    const sealed: SealedLine[] = []
    for (const { body } of batch) {
      const next = seal(end, body, { boot, wallMs: options.wallMs(), monotonicMs: clock.now() }, key)
      sealed.push(next)
      end = next.head
    }
    await store.append(
      sealed.map(({ line }) => line),
      first,
      open.size === 0,
    )
    head = end
    for (const [at, { resolve }] of batch.entries()) {
      const one = sealed[at] as SealedLine
      remember(one)
      resolve(one.head.number)
    }
  }

  const remember = ({ sealed, head: { number, digest } }: SealedLine) => {
    const { body } = sealed.record
    onEvent({
      type: 'recorded',
      kind: body.kind,
      number,
      digest,
      ...('sessionId' in body ? { sessionId: body.sessionId } : {}),
    })
    if (!('sessionId' in body)) return
    if (body.kind === 'opened') open.add(body.sessionId)
    else open.delete(body.sessionId)
    known.set(body.sessionId, [...(known.get(body.sessionId) ?? []), sealed])
    const [oldest] = known.keys()
    if (known.size > SESSIONS_KNOWN && oldest !== undefined) known.delete(oldest)
  }

  const pump = () => {
    if (failedAtMs === undefined) takeTurn()
  }

  const takeTurn = () => {
    writing ??= turn().finally(() => {
      writing = undefined
      if (line.length > 0) pump()
    })
  }

  const turn = async () => {
    let batch: Waiting[] = []
    try {
      if (head === undefined) await begin()
      if (failedAtMs !== undefined) line.unshift(resumption(failedAtMs))
      batch = line
      line = []
      await write(batch)
    } catch (thrown) {
      fail(thrown, batch)
      return
    }
    if (failedAtMs === undefined) return
    onEvent({ type: 'resumed', missedMs: clock.now() - failedAtMs })
    failedAtMs = undefined
    lastFault = undefined
  }

  const resumption = (sinceMs: Milliseconds): Waiting =>
    noted({ kind: 'resumed', fault: lastFault ?? 'audit.not-writable', missedMs: Math.round(clock.now() - sinceMs) })

  /** What began the line stays; who can be told that it failed is told. */
  const fail = (thrown: unknown, batch: readonly Waiting[]) => {
    const cause = thrown instanceof Fault ? thrown : fault('audit.not-writable', {}, thrown)
    lastFault = cause.code
    line = [...batch, ...line].filter(({ keep, body, reject }) => {
      if (!keep) reject(cause)
      return keep && body.kind !== 'resumed'
    })
    if (failedAtMs === undefined) {
      failedAtMs = clock.now()
      onEvent({ type: 'failed', fault: asFault(cause) })
    }
    if (!stopped) retry = clock.after(RETRY_MS, takeTurn)
  }

  return {
    get available() {
      return head !== undefined && failedAtMs === undefined && !stopped
    },
    get publicKey() {
      return key?.publicPem ?? ''
    },
    async start() {
      pump()
      await writing
    },
    async open(opening) {
      if (head === undefined || failedAtMs !== undefined || stopped) throw fault(lastFault ?? 'audit.not-writable')
      if (!anAuditBody(opening)) throw fault('base.bad-message', { reason: 'audit' })
      return wait(opening, false)
    },
    close: (closing) =>
      anAuditBody(closing) ? wait(closing, true) : Promise.reject(fault('base.bad-message', { reason: 'audit' })),
    recordsOf: (sessionId) => known.get(sessionId) ?? [],
    check: checker.check,
    async stop() {
      stopped = true
      retry?.cancel()
      await checker.stop()
      await writing
      if (line.length > 0) await turn()
      letGo?.()
      letGo = undefined
    },
  }
}
