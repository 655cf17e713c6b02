/**
 * Writes the access log: what happened at the door is on the disk, signed and chained, when `note` resolves. When the disk does not take it, what waits is kept and
 * tried again every two seconds; `available` is false until then, and whoever asks first lets nobody in.
 */

import type { Clock } from '../base/clock.ts'
import { digestOf } from '../base/digest.ts'
import { Fault, fault } from '../base/fault.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { type AccessEvent, anAccessEvent, readAccess, sealAccess } from './access-record.ts'
import { chainFolder } from './chain-folder.ts'
import { createDiskLine } from './disk-line.ts'
import { emptyHead, type Head } from './seal.ts'
import type { SigningKey } from './signature.ts'

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

/** Events that wait for a disk; nobody is let in meanwhile, so that more are tries that failed. */
const MOST_WAITING = 10_000

/** @returns a log; nothing is read or written before `start`. */
export function createAccessLog({ folder, clock, wallMs, random, onTrouble }: AccessLogOptions): AccessLog {
  const chain = chainFolder(folder)
  const boot = makeId(random, 'boot-')
  let at: { readonly key: SigningKey; head: Head } | undefined
  let trouble: Fault | undefined

  const line = createDiskLine<Waiting>({
    clock,
    async begin() {
      const key = await chain.claim()
      const last = (await chain.store.load()).lines.at(-1)
      at = { key, head: last === undefined ? emptyHead(key.id) : headAfter(last, key) }
      return []
    },
    async write(batch) {
      if (at === undefined) return
      let end = at.head
      const lines: string[] = []
      for (const { event, wallMs } of batch) {
        const sealed = sealAccess(end, event, { boot, wallMs }, at.key)
        lines.push(sealed.line)
        end = sealed.head
      }
      await chain.store.append(lines, at.head.number + 1, true)
      at.head = end
      for (const { done } of batch) done()
    },
    failed(thrown, waiting, batch, isNews) {
      trouble = thrown instanceof Fault ? thrown : fault('access.not-writable', {}, thrown)
      for (const { done } of batch) done(trouble)
      if (isNews) onTrouble(trouble)
      return waiting.slice(-MOST_WAITING)
    },
    resumed() {
      trouble = undefined
      onTrouble(undefined)
    },
  })

  return {
    folder,
    get available() {
      return line.available
    },
    start: line.start,
    note: (event) =>
      new Promise((resolve, reject) => {
        if (!anAccessEvent(event)) return reject(fault('base.bad-message', { reason: 'access' }))
        const told = trouble
        line.push({ event, wallMs: wallMs(), done: (cause) => (cause === undefined ? resolve() : reject(cause)) })
        if (told !== undefined) reject(told)
      }),
    async stop() {
      await line.stop()
      chain.letGo()
    },
  }
}

function headAfter(last: string, key: SigningKey): Head {
  const sealed = readAccess(last, undefined)
  if (typeof sealed === 'string' || sealed.record.chain !== key.id) throw fault('access.damaged')
  return { number: sealed.record.number, digest: digestOf(last) }
}
