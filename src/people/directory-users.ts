/**
 * Users as the directory has them at the moment of the question. Who supervises a workgroup sees the calls of its members; rights of the directory count once it is in
 * charge.
 */

import { type Directory, type Entry, effectiveRight, type Picture, type Right } from '../directory/index.ts'
import type { User, Users } from './user.ts'
import { userOf } from './user.ts'

type UserEntry = Entry<'users'>

export function directoryUsers(picture: () => Picture): Users {
  return {
    byName: (name) => {
      const entry = picture().entries.users.get(name)
      return entry === undefined ? undefined : userIn(picture(), entry)
    },
    byId: (userId) => {
      for (const entry of picture().entries.users.values()) if (entry.id === userId) return userIn(picture(), entry)
      return undefined
    },
  }
}

/**
 * Tells of users who are there no more or are disabled, once each. Their log-ins have to end for good, and not only as long as they are disabled.
 * @returns ends it.
 */
export function watchUsers(
  directory: Pick<Directory, 'picture' | 'subscribe'>,
  onGone: (userId: string) => void,
): () => void {
  let enabled = enabledIn(directory.picture())
  return directory.subscribe((event) => {
    if (event.type !== 'directory.changed') return
    const before = enabled
    enabled = enabledIn(directory.picture())
    for (const userId of before) if (!enabled.has(userId)) onGone(userId)
  })
}

function enabledIn(picture: Picture): ReadonlySet<string> {
  return new Set([...picture.entries.users.values()].filter(({ body }) => !body.disabled).map(({ id }) => id))
}

function userIn(picture: Picture, { id, name, body }: UserEntry): User {
  const workgroups = [...picture.entries.workgroups.values()]
  const supervised = workgroups.filter((group) => group.body.supervisors.includes(name))
  const phoneOf = (user: string) => picture.entries.users.get(user)?.body.phone
  const holder = {
    name,
    disabled: body.disabled,
    rights: body.rights,
    workgroups: workgroups
      .filter((group) => group.body.members.includes(name))
      .map((group) => ({ name: group.name, rights: group.body.rights })),
  }
  const may = (right: Right) => !picture.inCharge || effectiveRight(holder, right).allowed
  return userOf({
    userId: id,
    name,
    displayName: body.displayName,
    disabled: body.disabled,
    administrator: body.administrator,
    phone: body.phone,
    lookedAfter:
      supervised.length === 0
        ? undefined
        : supervised.flatMap((group) => group.body.members.map(phoneOf)).filter((phone) => phone !== undefined),
    mayView: may('secure-input:view'),
    mayStart: may('secure-input:start'),
  })
}
