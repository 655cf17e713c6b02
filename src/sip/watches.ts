/**
 * Who watches the dialogs of a phone (the dialog event package, RFC 4235; events, RFC 6665): takes SUBSCRIBEs of phones that proved their account,
 * and sends NOTIFYs when something has changed, at most one a second to each (RFC 4235 section 3.10).
 *
 *   SUBSCRIBE            200 with Expires, and a NOTIFY at once; with `Expires: 0` the NOTIFY is the last
 *   its time runs out    NOTIFY, terminated;reason=timeout
 *   its right is gone    NOTIFY, terminated;reason=rejected
 *   a NOTIFY is refused  the subscription is over, and nobody is told (RFC 6665 section 4.2.2)
 */

import type { Timer } from '../base/clock.ts'
import { dialogKey, dialogOfRequest, refreshTarget, takeCSeq } from './dialog.ts'
import type { DialogBook } from './dialog-book.ts'
import { DIALOG_INFO, type ToldDialog, writeDialogInfo, writeDialogs } from './dialog-info.ts'
import { ALLOW_EVENTS, allowed } from './gatekeeper.ts'
import { parseDigits } from './lexical.ts'
import { headerOf, listOf, requestUriOf, type SipRequest } from './message.ts'
import type { ServerTransaction } from './server-transactions.ts'
import type { WatchedDialog, Watching } from './session.ts'
import { createSessionIds } from './session-ids.ts'
import type { Stack } from './stack.ts'
import { ask, follow, type Talk } from './talk.ts'
import { userOf, writeHost } from './uri.ts'
import type { Line, ResponseParts } from './write-message.ts'

export type Watches = {
  /** Takes a SUBSCRIBE outside of any dialog. @param account that its sender proved. */
  take(transaction: ServerTransaction, account: string): void
  /** Some dialog may have changed. */
  changed(): void
  readonly size: number
  close(): void
}

type Watch = {
  readonly talk: Talk
  readonly account: string
  readonly watched: string
  readonly entity: string
  readonly event: string
  untilMs: number
  version: number
  /** What was told last. */
  told: string | undefined
  toldAtMs: number
  isUnanswered: boolean
  expiry: Timer | undefined
}

const MIN_SECONDS = 60
const MAX_SECONDS = 3600
/** From one NOTIFY to the next, ms. */
const PACE_MS = 1000
/** What changes in one moment is told together, ms. */
const GATHER_MS = 20
/** Of one account: a console shows a few dozen lamps. */
const MOST_OF_ACCOUNT = 64
const MOST = 4000

/** @param watching whom somebody may watch, and what there is to see. */
export function createWatches(stack: Stack, book: DialogBook, watching: Watching): Watches {
  const { clock } = stack
  const watches = new Map<string, Watch>()
  let round: Timer | undefined

  const end = (watch: Watch) => {
    watch.expiry?.cancel()
    const { dialog, session } = watch.talk
    watches.delete(session)
    stack.forget(dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag))
  }

  const rowsFor = ({ talk, watched }: Watch, all: ReadonlyMap<string, readonly WatchedDialog[]>): string => {
    const target = stack.contact(talk.flow, talk.dialog.isSips).replace(/^<|>$/g, '')
    const dialogs = (all.get(watched) ?? []).flatMap((each): ToldDialog[] => {
      const names = book.newestOf(each.session)
      return names === undefined ? [] : [{ ...each, names }]
    })
    return writeDialogs(target, dialogs)
  }

  const notify = (watch: Watch, rows: string, reason?: 'timeout' | 'rejected') => {
    const { talk, entity, event } = watch
    const left = Math.max(0, Math.ceil((watch.untilMs - clock.now()) / 1000))
    const headers: Line[] = [
      ['Contact', stack.contact(talk.flow, talk.dialog.isSips)],
      ['Event', event],
      ['Subscription-State', reason === undefined ? `active;expires=${left}` : `terminated;reason=${reason}`],
      ['Content-Type', DIALOG_INFO],
      allowed(stack.takesText),
    ]
    const body = Buffer.from(writeDialogInfo(entity, watch.version, rows), 'latin1')
    Object.assign(watch, { version: watch.version + 1, told: rows, toldAtMs: clock.now(), isUnanswered: true })
    const answered = (status: number) => {
      watch.isUnanswered = false
      if (status >= 300 && watches.has(talk.session)) end(watch)
    }
    ask(
      talk,
      { method: 'NOTIFY', headers, body },
      ({ status }) => {
        if (status >= 200) answered(status)
      },
      answered,
    )
    if (reason !== undefined) end(watch)
  }

  const look = () => {
    round = undefined
    const all = watching.dialogs()
    const nowMs = clock.now()
    let isLate = false
    for (const watch of [...watches.values()]) {
      if (!watching.may(watch.account, watch.watched)) {
        notify(watch, '', 'rejected')
        continue
      }
      const rows = rowsFor(watch, all)
      if (rows === watch.told) continue
      if (watch.isUnanswered || nowMs - watch.toldAtMs < PACE_MS) isLate = true
      else notify(watch, rows)
    }
    if (isLate) lookIn(PACE_MS / 4)
  }
  const lookIn = (ms: number) => {
    if (watches.size > 0) round ??= clock.after(ms, look)
  }

  /** @param seconds 0 ends it. */
  const last = (watch: Watch, seconds: number) => {
    watch.expiry?.cancel()
    watch.untilMs = clock.now() + seconds * 1000
    const say = (reason?: 'timeout') => notify(watch, rowsFor(watch, watching.dialogs()), reason)
    if (seconds === 0) return say('timeout')
    watch.expiry = clock.after(seconds * 1000, () => say('timeout'))
    say()
  }

  /** Inside the dialog of a watch: it is prolonged or ended. */
  const takeMore = (watch: Watch, transaction: ServerTransaction) => {
    const { request } = transaction
    const { dialog } = watch.talk
    if (!takeCSeq(dialog, request)) return transaction.respond({ status: 500 })
    if (request.method !== 'SUBSCRIBE') return transaction.respond({ status: 481 })
    const seconds = secondsIn(request)
    if (seconds === undefined) return transaction.respond(TOO_BRIEF)
    refreshTarget(dialog, request)
    transaction.respond({ status: 200, headers: [contactOf(watch.talk), ['Expires', String(seconds)]] })
    last(watch, seconds)
  }

  const contactOf = (talk: Talk): Line => ['Contact', stack.contact(talk.flow, talk.dialog.isSips)]

  const refusalOf = (request: SipRequest, account: string, watched: string) => {
    const accepts = listOf(request, 'accept')
    if (accepts !== undefined && accepts.length > 0 && !accepts.some((each) => TAKES.test(each)))
      return { status: 406, headers: [['Accept', DIALOG_INFO] as const] }
    if (secondsIn(request) === undefined) return TOO_BRIEF
    const own = [...watches.values()].filter((each) => each.account === account).length
    // Whom it may not watch it is not told of.
    const may = watching.may(account, watched) && own < MOST_OF_ACCOUNT && watches.size < MOST
    return may ? undefined : { status: 403 }
  }

  return {
    take: (transaction, account) => {
      const { request, flow } = transaction
      const localTag = stack.token()
      transaction.toTag = localTag
      const dialog = dialogOfRequest(request, localTag)
      const uri = requestUriOf(request)
      const respond = (parts: ResponseParts) => transaction.respond({ ...parts, toTag: localTag })
      if (dialog === undefined || uri === undefined) return respond({ status: 400 })
      const watched = userOf(uri)
      const refusal = refusalOf(request, account, watched)
      if (refusal !== undefined) return respond(refusal)
      const ids = createSessionIds(() => undefined, stack.uuid)
      ids.hear(request)
      const session = `watch-${stack.token()}`
      const talk: Talk = {
        ...{ stack, session, dialog, flow, account, ids },
        ...{ pinned: true, allowance: undefined, credentials: undefined, allowed: undefined, keys: 'not' },
      }
      const seconds = secondsIn(request) ?? MAX_SECONDS
      const watch: Watch = {
        ...{ talk, account, watched, event: headerOf(request, 'event') ?? 'dialog' },
        entity: `${uri.scheme}:${uri.user}@${writeHost(uri.host)}`,
        ...{ untilMs: 0, version: 0, told: undefined, toldAtMs: 0, isUnanswered: false, expiry: undefined },
      }
      transaction.always = () => [ids.line()]
      watches.set(session, watch)
      stack.register(dialogKey(dialog.callId, localTag, dialog.remoteTag), {
        session,
        receive: (more, source) => {
          more.always = () => [ids.line()]
          follow(talk, source)
          takeMore(watch, more)
        },
        receiveAck: () => false,
        always: () => [ids.line()],
      })
      const headers = [contactOf(talk), ['Expires', String(seconds)] as const, ALLOW_EVENTS]
      respond({ status: 200, headers })
      last(watch, seconds)
    },
    changed: () => lookIn(GATHER_MS),
    get size() {
      return watches.size
    },
    close: () => {
      round?.cancel()
      for (const watch of [...watches.values()]) end(watch)
      round?.cancel()
    },
  }
}

const TOO_BRIEF = { status: 423, headers: [['Min-Expires', String(MIN_SECONDS)] as const] }
const TAKES = /^(?:\*|application)\/(?:\*|dialog-info\+xml)\s*(?:;|$)/i

/** @returns how long it is to last; undefined when that is too short. */
function secondsIn(request: SipRequest): number | undefined {
  const wanted = parseDigits(headerOf(request, 'expires') ?? '', 2 ** 32 - 1) ?? MAX_SECONDS
  if (wanted > 0 && wanted < MIN_SECONDS) return undefined
  return Math.min(wanted, MAX_SECONDS)
}
