/**
 * What a call of ours owes when it is over. For half a minute more its INVITE may bring a 2xx: one again whose ACK was lost, or that of a fork nobody had heard of, which needs
 * a BYE behind its ACK (RFC 3261 section 13.2.2.4, RFC 6026 section 7.2). Of the call itself nothing is kept for that but what is here.
 */

import { type BranchTerms, talkOf } from './branch.ts'
import type { ClientUser } from './client-transactions.ts'
import { dialogOfResponse } from './dialog.ts'
import { cseqOf, type SipResponse, sdpOf } from './message.ts'
import { createMidDialog, type MidDialogUser } from './mid-dialog.ts'
import { acknowledge, type Talk } from './talk.ts'
import type { Line } from './write-message.ts'

/** With where a far end was last, and the account of a phone. */
export type Over = Omit<BranchTerms, 'otherUuid'> &
  Pick<Talk, 'flow' | 'account'> & {
    /** From of the INVITE, with our tag. */
    readonly from: string
    readonly localTag: string
    readonly uri: string
    /** The half of who called (RFC 7989). */
    readonly uuid: string
    /** Credentials of the INVITE, which go with its ACKs. */
    readonly extra: readonly Line[]
    /** The INVITE had an offer. */
    readonly isOffered: boolean
    /** Tags of the far ends that know of the end; others are added. */
    readonly told: Set<string>
  }

/** A dialog that ends as soon as it begins asks nothing of anybody. */
const NOBODY: MidDialogUser = {
  offer: () => undefined,
  onReoffer: () => {},
  onConfirmed: () => {},
  onKey: () => {},
  onInfo: () => {},
  onText: ({ respond }) => respond(481),
  onReferral: () => {},
  onPrack: () => {},
  onOver: () => {},
  onGone: () => {},
}

/** @returns who hears from now on what comes back for the INVITE. */
export function hearLateAnswers(over: Over): ClientUser {
  const { stack, session, pinned, credentials, uuid, told } = over
  return {
    onResponse: (response) => {
      if (response.status < 200 || response.status >= 300) return
      const cseq = cseqOf(response)?.number ?? 0
      const dialog = dialogOfResponse({ ...over, cseq }, response)
      if (dialog === undefined) return
      const terms = { stack, session, pinned, credentials, otherUuid: () => uuid }
      const talk = { ...talkOf(terms, dialog, over.flow), account: over.account }
      talk.ids.hear(response)
      acknowledge(talk, { cseq, extra: over.extra }, refusalIn(response, over.isOffered))
      const { remoteTag } = dialog
      if (told.has(remoteTag)) return
      told.add(remoteTag)
      stack.count('unwanted-2xx')
      // Who could not be reached is told again when it asks again.
      const onGone = (isTold: boolean) => isTold || told.delete(remoteTag)
      createMidDialog(talk, true, { ...NOBODY, onGone }).bye(undefined)
    },
    onFailed: () => {},
  }
}

/** @returns what the ACK to an unwanted 2xx answers to its offer: without a single port all of it is refused (RFC 3264 section 6). */
export function refusalIn(response: SipResponse, wasOffered: boolean): string | undefined {
  const offer = wasOffered ? undefined : sdpOf(response)
  return offer?.replace(/^(m=\S+) \d+/gm, '$1 0')
}
