/** Who uses the API of this server, by its configuration and its directory: users, and the log of what they did. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createAccessLog, readAccessPage } from '../audit/index.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { fault } from '../base/fault.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import { type FlowFolder, outsideOf } from '../flow/index.ts'
import {
  createPasswords,
  createPeople,
  createSealing,
  directoryUsers,
  KEY_OCTETS,
  type People,
  type SignOn,
  storedRows,
  watchUsers,
} from '../people/index.ts'
import type { DirectoryHolder } from './directory.ts'
import { signOnOf } from './sign-on.ts'

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: Pick<Log, 'error' | 'warn' | 'fault'>
}

export type Entrance = {
  /** What the HTTP server is given of it. */
  readonly web: {
    readonly people: People
    readonly signOn: SignOn | undefined
    readonly accessLog: ReturnType<typeof createAccessLog> & { readonly page: PageOf }
  }
  /** Tries to begin the log; when it cannot, it goes on trying, and nobody logs in. */
  start(): Promise<void>
  stop(): Promise<void>
}

type PageOf = (before: number | undefined, limit: number) => ReturnType<typeof readAccessPage>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const ISSUER = 'Sotto'

/** @throws Fault `people.bad-key` when there is a key file that is none */
export function createEntrance(
  { people: terms }: Config,
  directory: DirectoryHolder,
  flowFiles: FlowFolder,
  parts: Parts,
): Entrance {
  const { clock, wallMs, random, log } = parts
  const shared = {
    users: directoryUsers(directory.picture),
    rows: storedRows(directory.db),
    sealing: lazySealing(terms.keyFile),
  }
  const people = createPeople({
    ...shared,
    passwords: createPasswords(),
    now: clock.now,
    wallMs,
    random,
    idleMs: terms.idleMinutes * MINUTE_MS,
    longestMs: terms.longestHours * HOUR_MS,
    secondFactorFor: terms.secondFactorFor,
    issuer: ISSUER,
  })
  const accessLog = createAccessLog({
    folder: terms.accessLogFolder,
    clock,
    wallMs,
    random,
    onTrouble: (cause) => {
      if (cause === undefined) log.warn('access.resumed')
      else log.error('access.failed', { fault: cause.code })
    },
  })
  let forgetting: Timer | undefined
  const forget = () => {
    // A store that does not answer is told of elsewhere, and asked again in an hour.
    void people.logIns.forget().catch(() => undefined)
    forgetting = clock.after(HOUR_MS, forget)
  }
  let unwatch: () => void = () => undefined
  return {
    web: {
      people,
      signOn: signOnOf(terms, { ...shared, ...parts, people, directory, outside: outsideOf(flowFiles) }),
      accessLog: Object.assign(accessLog, {
        page: (before: number | undefined, limit: number) => readAccessPage(terms.accessLogFolder, before, limit),
      }),
    },
    async start() {
      await accessLog.start()
      unwatch = watchUsers(directory, (userId) => void people.userChanged(userId).catch(log.fault))
      forgetting = clock.after(MINUTE_MS, forget)
    },
    async stop() {
      unwatch()
      forgetting?.cancel()
      await accessLog.stop()
    },
  }
}

/** The key is made when the first second factor is, and read when one is first needed: who has none needs none. */
function lazySealing(file: string): ReturnType<typeof createSealing> {
  let sealing: ReturnType<typeof createSealing> | undefined
  const ready = () => {
    sealing ??= createSealing(keyIn(file))
    return sealing
  }
  return { seal: (...given) => ready().seal(...given), open: (...given) => ready().open(...given) }
}

/** @throws Fault `people.bad-key` */
function keyIn(file: string): Buffer {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(KEY_OCTETS).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'))
      throw fault('people.bad-key', {}, thrown)
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')
  if (key.length !== KEY_OCTETS) throw fault('people.bad-key')
  return key
}
