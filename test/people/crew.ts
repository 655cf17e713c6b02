/** People for tests: a few users, a wall clock that is set by hand, cheap passwords. */

import { randomBytes } from 'node:crypto'
import { createPasswords, type Passwords } from '../../src/people/password.ts'
import { createPeople } from '../../src/people/people.ts'
import type { PeopleRows } from '../../src/people/rows.ts'
import type { Role } from '../../src/people/scopes.ts'
import { createSealing } from '../../src/people/sealing.ts'
import { type Standing, userOf } from '../../src/people/user.ts'
import { memoryRows } from './memory-rows.ts'

export const ADDRESS = '192.0.2.7'
export const PASSWORD = 'horse battery staple correct'
export const CHEAP = { passes: 1, octets: 8192 }

export function standing(name: string, more: Partial<Standing> = {}): Standing {
  return {
    userId: `user-${name}`,
    name,
    displayName: '',
    disabled: false,
    administrator: false,
    phone: undefined,
    lookedAfter: undefined,
    mayView: true,
    mayStart: true,
    ...more,
  }
}

export function crew(
  rows: PeopleRows = memoryRows(),
  secondFactorFor: readonly Role[] = [],
  passwords: Passwords = createPasswords(CHEAP),
) {
  const users = new Map<string, Standing>(
    [
      standing('ann', { phone: 'agent' }),
      standing('sue', { phone: 'agent-9', lookedAfter: ['agent', 'agent-2'] }),
      standing('root', { administrator: true }),
    ].map((each) => [each.userId, each]),
  )
  const time = { wallMs: 1_800_000_000_000, nowMs: 0 }
  const ended: string[] = []
  const people = createPeople({
    users: {
      byId: (userId) => {
        const found = users.get(userId)
        return found === undefined ? undefined : userOf(found)
      },
      byName: (name) => {
        const found = [...users.values()].find((each) => each.name === name)
        return found === undefined ? undefined : userOf(found)
      },
    },
    rows,
    passwords,
    sealing: createSealing(Buffer.alloc(32, 7)),
    now: () => time.nowMs,
    wallMs: () => time.wallMs,
    random: randomBytes,
    idleMs: 1_800_000,
    longestMs: 43_200_000,
    secondFactorFor,
    issuer: 'Sotto',
  })
  people.onEnded((keyIds) => ended.push(...keyIds))
  const go = (ms: number) => {
    time.wallMs += ms
    time.nowMs += ms
  }
  /** Gives a user the password, as one that he chose himself. */
  const withPassword = async (name: string, password = PASSWORD) => {
    await people.setPassword(`user-${name}`, password)
    const hash = (await rows.credentials(`user-${name}`))?.passwordHash
    if (hash !== undefined) await rows.putPassword(`user-${name}`, hash, false)
  }
  const logIn = (name: string, more: object = {}) =>
    people.logIn({ name, password: PASSWORD, address: ADDRESS, ...more })
  /** @returns the principal and the cookie of a log-in that must succeed. */
  const loggedIn = async (name: string, more: object = {}) => {
    const outcome = await logIn(name, more)
    if (!outcome.ok) throw new Error(outcome.code)
    return outcome.loggedIn
  }
  return { people, rows, users, time, go, ended, withPassword, logIn, loggedIn }
}
