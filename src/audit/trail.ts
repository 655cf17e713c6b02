/**
 * Writes the chain: what is to be recorded waits in line, becomes lines, and goes to the disk in one piece with whatever else waits. When the
 * disk does not take it, nothing new may begin; what has to be kept waits and is written when it does.
 *
 *   start   key, claim, newest file -> `started`, and a `closed` for every session that a kill left open
 *   failure an alarm, `available` false; every 2 s another try -> `resumed`, then what waited
 */

import type { Clock } from '../base/clock.ts'
import { asFault, Fault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { chainFolder } from './chain-folder.ts'
import { createSessionChecker, type SessionChecker } from './checker.ts'
import { type AuditBody, type AuditTrail, anAuditBody, type SealedRecord } from './contract.ts'
import { createDiskLine } from './disk-line.ts'
import { openSessions, readChain } from './reading.ts'
import { emptyHead, type Head, type SealedLine, seal } from './seal.ts'
import type { SigningKey } from './signature.ts'

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

/** Sessions whose records are remembered for whoever asks. */
const SESSIONS_KNOWN = 4096

/** @returns a trail; nothing is read or written before `start`. */
export function createAuditTrail(options: AuditTrailOptions): RunningTrail {
  const { clock, folder, onEvent } = options
  const boot = makeId(options.random, 'boot-')
  const chain = chainFolder(folder, options.linesPerFile)
  const checker = createSessionChecker({ folder, clock, publicPem: () => at?.key.publicPem ?? '' })
  const known = new Map<string, SealedRecord[]>()
  const open = new Set<string>()
  let at: { readonly key: SigningKey; head: Head } | undefined
  let lastFault: FaultCode | undefined

  const line = createDiskLine<Waiting>({
    clock,
    async begin() {
      const key = await chain.claim()
      const { lines, tornOctets } = await chain.store.load()
      const records = readChain(lines, key.publicPem)
      if (records === undefined) throw fault('audit.damaged')
      const { version, node, digest } = options.program
      const interrupted = openSessions(records).map(({ sessionId, callId }): Waiting => {
        open.add(sessionId)
        return noted({ kind: 'closed', sessionId, callId, ending: 'interrupted' })
      })
      at = { key, head: records.at(-1)?.head ?? emptyHead(key.id) }
      return [noted({ kind: 'started', version, node, program: digest, tornOctets }), ...interrupted]
    },
    async write(batch) {
      if (at === undefined) return
      let end = at.head
      const sealed: SealedLine[] = []
      for (const { body } of batch) {
        const next = seal(end, body, { boot, wallMs: options.wallMs(), monotonicMs: clock.now() }, at.key)
        sealed.push(next)
        end = next.head
      }
      const lines = sealed.map(({ line }) => line)
      await chain.store.append(lines, at.head.number + 1, open.size === 0)
      at.head = end
      for (const [i, { resolve }] of batch.entries()) {
        const one = sealed[i] as SealedLine
        remember(one)
        resolve(one.head.number)
      }
    },
    /** What began the line stays; who can be told that it failed is told. */
    failed(thrown, waiting, _batch, isNews) {
      const cause = thrown instanceof Fault ? thrown : fault('audit.not-writable', {}, thrown)
      lastFault = cause.code
      if (isNews) onEvent({ type: 'failed', fault: asFault(cause) })
      return waiting.filter(({ keep, body, reject }) => {
        if (!keep) reject(cause)
        return keep && body.kind !== 'resumed'
      })
    },
    resumption: (missedMs) =>
      noted({ kind: 'resumed', fault: lastFault ?? 'audit.not-writable', missedMs: Math.round(missedMs) }),
    resumed(missedMs) {
      onEvent({ type: 'resumed', missedMs })
      lastFault = undefined
    },
  })
  const wait = (body: AuditBody, keep: boolean): Promise<number> =>
    new Promise((resolve, reject) => line.push({ body, keep, resolve, reject }))

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

  return {
    get available() {
      return line.available
    },
    get publicKey() {
      return at?.key.publicPem ?? ''
    },
    start: line.start,
    async open(opening) {
      if (!line.available) throw fault(lastFault ?? 'audit.not-writable')
      if (!anAuditBody(opening)) throw fault('base.bad-message', { reason: 'audit' })
      return wait(opening, false)
    },
    close: (closing) =>
      anAuditBody(closing) ? wait(closing, true) : Promise.reject(fault('base.bad-message', { reason: 'audit' })),
    recordsOf: (sessionId) => known.get(sessionId) ?? [],
    check: checker.check,
    async stop() {
      await Promise.all([line.stop(), checker.stop()])
      chain.letGo()
    },
  }
}

/** What nobody waits for. */
function noted(body: AuditBody): Waiting {
  return { body, keep: true, resolve: () => undefined, reject: () => undefined }
}
