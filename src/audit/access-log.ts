/**
 * Writes the access log: what happened at the door is on the disk, signed and chained, when `note` resolves. When the disk does not take it, what waits is kept and
 * tried again every two seconds; `available` is false until then, and whoever asks first lets nobody in.
 */

import { realpath } from 'node:fs/promises'
import { claimPath } from '../base/claim.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { digestOf } from '../base/digest.ts'
import { Fault, fault } from '../base/fault.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { type AccessEvent, anAccessEvent, readAccess, sealAccess } from './access-record.ts'
import { makeKey, readKey } from './keys.ts'
import { emptyHead, type Head } from './seal.ts'
import type { SigningKey } from './signature.ts'
import { AuditStore } from './store.ts'

export type AccessLogOptions = {
  readonly folder: string
  readonly clock: Clock
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  /** The alarm: told once, until it resumed. */
  readonly onTrouble: (cause: Fault | undefined) => void
}

export type AccessLog = {
  /** Whether what happens now can be written. */
  readonly available: boolean
  readonly folder: string
  start(): Promise<void>
  /** @returns when it is on the disk. @throws Fault `access.*`; it is kept then, and written when the disk takes it. */
  note(event: AccessEvent): Promise<void>
  stop(): Promise<void>
}

type Waiting = { readonly event: AccessEvent; readonly wallMs: Milliseconds; readonly done: (cause?: Fault) => void }

const RETRY_MS: Milliseconds = 2000
/** Events that wait for a disk; nobody is let in meanwhile, so that more are tries that failed. */
const MOST_WAITING = 10_000

/** @returns a log; nothing is read or written before `start`. */
export function createAccessLog({ folder, clock, wallMs, random, onTrouble }: AccessLogOptions): AccessLog {
  const store = new AuditStore(folder)
  const boot = makeId(random, 'boot-')
  let line: Waiting[] = []
  let key: SigningKey | undefined
  let head: Head | undefined
  let letGo: (() => void) | undefined
  let writing: Promise<void> | undefined
  let trouble: Fault | undefined
  let retry: Timer | undefined
  let stopped = false

  const begin = async () => {
    const hasRecords = await store.prepare()
    letGo ??= await claimPath('audit', await realpath(folder))
    const found = await readKey(folder)
    if (found === undefined && hasRecords) throw fault('audit.key-missing')
    key = found ?? (await makeKey(folder))
    const last = (await store.load()).lines.at(-1)
    if (last === undefined) head = emptyHead(key.id)
    else {
      const sealed = readAccess(last, undefined)
      if (typeof sealed === 'string' || sealed.record.chain !== key.id) throw fault('access.damaged')
      head = { number: sealed.record.number, digest: digestOf(last) }
    }
  }

  const turn = async () => {
    const batch = line
    line = []
    try {
      if (head === undefined) await begin()
      await write(batch)
    } catch (thrown) {
      fail(thrown instanceof Fault ? thrown : fault('access.not-writable', {}, thrown), batch)
      return
    }
    if (trouble !== undefined) onTrouble(undefined)
    trouble = undefined
  }
  const write = async (batch: readonly Waiting[]) => {
    if (head === undefined || key === undefined || batch.length === 0) return
    let end = head
    const lines: string[] = []
    for (const { event, wallMs } of batch) {
      const sealed = sealAccess(end, event, { boot, wallMs }, key)
      lines.push(sealed.line)
      end = sealed.head
    }
    await store.append(lines, head.number + 1, true)
    head = end
    for (const { done } of batch) done()
  }
  const fail = (cause: Fault, batch: readonly Waiting[]) => {
    line = [...batch, ...line].slice(-MOST_WAITING)
    for (const { done } of batch) done(cause)
    if (trouble === undefined) onTrouble(cause)
    trouble = cause
    if (!stopped) retry = clock.after(RETRY_MS, pump)
  }
  const pump = () => {
    writing ??= turn().finally(() => {
      writing = undefined
      if (line.length > 0 && trouble === undefined) pump()
    })
  }

  return {
    folder,
    get available() {
      return head !== undefined && trouble === undefined && !stopped
    },
    async start() {
      pump()
      await writing
    },
    note: (event) =>
      new Promise((resolve, reject) => {
        if (!anAccessEvent(event)) return reject(fault('base.bad-message', { reason: 'access' }))
        line.push({ event, wallMs: wallMs(), done: (cause) => (cause === undefined ? resolve() : reject(cause)) })
        if (trouble === undefined) pump()
        else reject(trouble)
      }),
    async stop() {
      stopped = true
      retry?.cancel()
      await writing
      if (line.length > 0) await turn()
      letGo?.()
      letGo = undefined
    },
  }
}
