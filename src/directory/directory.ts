/**
 * The directory of a running server. It is read whole when it is opened, and kept in memory; every change is one transaction that is on the disk
 * when its promise resolves, and is decided by a pure function on what stands in the store at that moment.
 *
 *   open     schema brought up to date; the picture read
 *   change   the generation counted up (which holds off everybody else), the picture read anew if others have been at work, decided, written
 *   poll     once a second: others' changes are taken over
 *   trouble  the last picture stays in use; told once, and again when it is over
 */

import { Kysely } from 'kysely'
import type { Clock, Timer } from '../base/clock.ts'
import { asFault, type Fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'
import type { Milliseconds } from '../base/units.ts'
import { type Change, effective, takesCharge } from './change.ts'
import type { DirectoryProblem } from './check-body.ts'
import { type HistoryQuestion, type PastChange, readHistory } from './history.ts'
import { type Engine, migrate } from './migrations.ts'
import { EMPTY_PICTURE, type Picture } from './picture.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { lookUp, remember } from './requests.ts'
import { readPicture, type Writing, writeChange } from './rows.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Database, Kind, Tables } from './tables.ts'

export type StoreTerms = { readonly file: string } | { readonly postgres: Secret }

export type DirectoryOptions = {
  readonly store: StoreTerms
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  readonly onEvent: (event: DirectoryEvent) => void
  /** Default 1000. */
  readonly pollMs?: Milliseconds
}

/** For logs, and whoever works with the picture. */
export type DirectoryEvent =
  | {
      readonly type: 'directory.changed'
      readonly generation: number
      readonly by?: string
      readonly kinds: readonly Kind[]
    }
  /** The store cannot be read: told once, until it resumed. */
  | { readonly type: 'directory.failed'; readonly fault: FaultCode }
  | { readonly type: 'directory.resumed' }

/** What is to be done, or why not. Decided on the picture that is given, without looking elsewhere. */
export type Decision = { readonly changes: readonly Change[] } | Refusal
export type Refusal = { readonly refused: FaultCode; readonly problems?: readonly DirectoryProblem[] }
export type Done = {
  readonly picture: Picture
  readonly changes: readonly Change[]
  /** Carried out before, under the same key: nothing was done now. */
  readonly again?: true
}

/** Names a request, so that it is known when it comes again. */
export type RequestKey = { readonly key: string; readonly digest: string }

export type Directory = {
  /** For rooms that have tables of their own in the same store, and transactions over them. */
  readonly db: Database
  picture(): Picture
  /** @param by who does it, for the history. @throws Fault `directory.*`; then nothing was changed */
  change(by: string, decide: (picture: Picture) => Decision, request?: RequestKey): Promise<Done | Refusal>
  /** @throws Fault `directory.*` */
  history(question: HistoryQuestion): Promise<readonly PastChange[]>
  /** Takes over what others have changed. @throws Fault `directory.*` */
  refresh(): Promise<Picture>
  /** @returns the function that ends the subscription. */
  subscribe(listener: (event: DirectoryEvent) => void): () => void
  stop(): Promise<void>
}

/** @returns where the directory of a configuration is. */
export function storeOf({ file, postgresUrl }: { readonly file: string; readonly postgresUrl?: Secret }): StoreTerms {
  return postgresUrl === undefined ? { file } : { postgres: postgresUrl }
}

const POLL_MS: Milliseconds = 1000

/** @throws Fault `directory.newer`, `directory.*` */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const { db, engine } = connect(options.store)
  try {
    await migrate(db, engine)
    const running = new RunningDirectory(db, options)
    await running.refresh()
    running.poll()
    return running
  } catch (thrown) {
    await db.destroy()
    throw thrown
  }
}

/** @returns the store without looking into it, for commands. */
export function connect(store: StoreTerms): { readonly db: Database; readonly engine: Engine } {
  return 'file' in store
    ? { db: new Kysely<Tables>({ dialect: sqliteDialect(store.file) }), engine: 'sqlite' }
    : { db: new Kysely<Tables>({ dialect: postgresDialect(store.postgres) }), engine: 'postgres' }
}

class RunningDirectory implements Directory {
  readonly db: Database
  readonly #options: DirectoryOptions
  readonly #listeners = new Set<(event: DirectoryEvent) => void>()
  #picture: Picture = EMPTY_PICTURE
  #timer: Timer | undefined
  #failed: Fault | undefined
  #stopped = false

  constructor(db: Database, options: DirectoryOptions) {
    this.db = db
    this.#options = options
    this.#listeners.add(options.onEvent)
  }

  picture(): Picture {
    return this.#picture
  }

  history(question: HistoryQuestion): Promise<readonly PastChange[]> {
    return readHistory(this.db, question)
  }

  subscribe(listener: (event: DirectoryEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async change(by: string, decide: (picture: Picture) => Decision, request?: RequestKey): Promise<Done | Refusal> {
    const { wallMs, random } = this.#options
    const writing = { by, atMs: wallMs(), makeId: (kind: Kind) => makeId(random, `${kind.slice(0, -1)}-`) }
    const within = await this.db.startTransaction().execute()
    let outcome: Done | Refusal
    try {
      outcome = await this.#decide(within, decide, writing, request)
      if ('refused' in outcome || outcome.changes.length === 0) await within.rollback().execute()
      else await within.commit().execute()
    } catch (thrown) {
      if (!within.isRolledBack)
        await within
          .rollback()
          .execute()
          .catch(() => undefined)
      throw thrown
    }
    if ('picture' in outcome) this.#take(outcome.picture, outcome.changes, by)
    return outcome
  }

  async #decide(
    db: Database,
    decide: (picture: Picture) => Decision,
    writing: Writing,
    request: RequestKey | undefined,
  ): Promise<Done | Refusal> {
    const at = await countUp(db)
    const isOurs = at === this.#picture.generation + 1
    const before = isOurs ? this.#picture : { ...(await readPicture(db)), generation: at - 1 }
    const known = request === undefined ? 'new' : await lookUp(db, writing, request)
    if (known === 'other') return { refused: 'directory.key-taken' }
    if (known === 'again') return { picture: before, changes: [], again: true }
    const decision = decide(before)
    if ('refused' in decision) return decision
    const changes = effective(before, decision.changes)
    let picture: Picture = changes.length === 0 ? before : { ...before, generation: at }
    for (const change of changes) picture = await writeChange(db, picture, change, writing)
    if (!picture.inCharge && takesCharge(changes)) {
      picture = { ...picture, inCharge: true }
      await db.updateTable('meta').set({ value: 1 }).where('name', '=', 'in-charge').execute()
    }
    if (request !== undefined) await remember(db, writing, request)
    return { picture, changes }
  }

  async refresh(): Promise<Picture> {
    const row = await this.db.selectFrom('meta').select('value').where('name', '=', 'generation').executeTakeFirst()
    if (Number(row?.value) !== this.#picture.generation) {
      // In one transaction, so that no half of somebody's change is read.
      const picture = await this.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((within) => readPicture(within))
      this.#take(picture)
    }
    return this.#picture
  }

  poll(): void {
    this.#timer = this.#options.clock.after(this.#options.pollMs ?? POLL_MS, () => void this.#look())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.db.destroy()
  }

  async #look(): Promise<void> {
    try {
      await this.refresh()
      if (this.#failed !== undefined) this.#tell({ type: 'directory.resumed' })
      this.#failed = undefined
    } catch (thrown) {
      const cause = asFault(thrown)
      if (this.#failed === undefined && !this.#stopped) this.#tell({ type: 'directory.failed', fault: cause.code })
      this.#failed = cause
    }
    if (!this.#stopped) this.poll()
  }

  /** A picture that was read before another was written comes too late. */
  #take(picture: Picture, changes?: readonly Change[], by?: string): void {
    if (picture.generation <= this.#picture.generation) return
    this.#picture = picture
    const kinds = [...new Set((changes ?? []).map(({ kind }) => kind))]
    this.#tell({
      type: 'directory.changed',
      generation: picture.generation,
      kinds,
      ...(by === undefined ? {} : { by }),
    })
  }

  #tell(event: DirectoryEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

/** Whoever has counted up holds everybody else off until his transaction ends, on both engines. */
async function countUp(db: Database): Promise<number> {
  const row = await db
    .updateTable('meta')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'generation')
    .returning('value')
    .executeTakeFirstOrThrow()
  return Number(row.value)
}
