/** Who uses the API of this server, by its configuration and its directory: users, and the log of what they did. */

import { createAccessLog, readAccessPage } from '../audit/index.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Outside } from '../directory/index.ts'
import {
  createFirstRun,
  createPasswords,
  createPeople,
  directoryUsers,
  type FirstRun,
  type People,
  type Sealing,
  type SignOn,
  storedRows,
  watchUsers,
} from '../people/index.ts'

import type { DirectoryHolder } from './directory.ts'
import { hasOwnToken } from './first-run.ts'
import { signOnOf } from './sign-on.ts'

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  /** With the key of `people.keyFile`. */
  readonly sealing: Sealing
  readonly log: Pick<Log, 'error' | 'warn' | 'fault'>
}

export type Entrance = {
  /** What the HTTP server is given of it. */
  readonly web: {
    readonly people: People
    readonly signOn: SignOn | undefined
    readonly accessLog: ReturnType<typeof createAccessLog> & { readonly page: PageOf }
  }
  /** The way in while nobody is there. */
  readonly firstRun: FirstRun
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
  { people: terms, http }: Config,
  directory: DirectoryHolder,
  outside: Outside,
  parts: Parts,
): Entrance {
  const { clock, wallMs, random, sealing, log } = parts
  const shared = { users: directoryUsers(directory.picture), rows: storedRows(directory.db), sealing }
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
  const isSomebodyThere = () => directory.picture().entries.users.size > 0 || hasOwnToken(http.tokens)
  return {
    firstRun: createFirstRun({ random, now: clock.now, isSomebodyThere }),
    web: {
      people,
      signOn: signOnOf(terms, { ...shared, ...parts, people, directory, outside }),
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
