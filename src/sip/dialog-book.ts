/** Every dialog by its name, and the newest one of each session: what is sent inside a dialog finds its user, and who watches a phone is told its dialogs. */

import type { DialogUser } from './stack.ts'

/** A dialog as we have it. */
export type DialogNames = { readonly callId: string; readonly localTag: string; readonly remoteTag: string }

export type DialogBook = {
  readonly users: ReadonlyMap<string, DialogUser>
  register(key: string, user: DialogUser): void
  forget(key: string): void
  /** @returns the names of the newest dialog of a session; undefined while it has none. */
  newestOf(session: string): DialogNames | undefined
}

/** @param changed there is one more, or one less. */
export function createDialogBook(changed: () => void): DialogBook {
  const users = new Map<string, DialogUser>()
  /** By session, oldest first: a forked INVITE has several. */
  const keys = new Map<string, readonly string[]>()
  return {
    users,
    register: (key, user) => {
      users.set(key, user)
      keys.set(user.session, [...(keys.get(user.session) ?? []).filter((each) => each !== key), key])
      changed()
    },
    forget: (key) => {
      const session = users.get(key)?.session
      if (session === undefined) return
      users.delete(key)
      const left = (keys.get(session) ?? []).filter((each) => each !== key)
      if (left.length === 0) keys.delete(session)
      else keys.set(session, left)
      changed()
    },
    newestOf: (session) => {
      const newest = keys.get(session)?.at(-1)
      return newest === undefined ? undefined : namesIn(newest)
    },
  }
}

/** @returns what `dialogKey` was made of: no tag has a space in it, nor has a Call-ID (`gatekeeper.ts`). */
function namesIn(key: string): DialogNames {
  const [localTag = '', remoteTag = '', callId = ''] = key.split(' ')
  return { callId, localTag, remoteTag }
}
