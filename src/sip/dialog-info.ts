/**
 * The dialogs of a phone as an XML document (RFC 4235 section 4), seen from that phone: its own tag is the local one. It says no more than a pick-up
 * needs: which dialog, in which state, and where to send the INVITE that replaces it. Nobody's number is in it. Pure.
 */

import type { DialogNames } from './dialog-book.ts'
import type { WatchedDialog } from './session.ts'

export const DIALOG_INFO = 'application/dialog-info+xml'

/** A dialog with its names as ours. */
export type ToldDialog = Pick<WatchedDialog, 'state' | 'direction' | 'session'> & { readonly names: DialogNames }

/** @returns the rows of the document, for comparing and for writing. @param target our URI. */
export function writeDialogs(target: string, dialogs: readonly ToldDialog[]): string {
  return dialogs
    .map(({ session, state, direction, names: { callId, localTag, remoteTag } }) =>
      [
        // Our session's id is no secret, and the same through the whole dialog.
        `<dialog id="${escaped(session)}" call-id="${escaped(callId)}" local-tag="${escaped(remoteTag)}" remote-tag="${escaped(localTag)}" direction="${direction}">`,
        `<state>${state}</state>`,
        `<remote><target uri="${escaped(target)}"/></remote>`,
        '</dialog>',
      ].join(''),
    )
    .join('')
}

/** @param entity URI that is watched. @param version counts up by one for each document of a subscription. @param rows of `writeDialogs`. */
export function writeDialogInfo(entity: string, version: number, rows: string): string {
  const head = `<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="full" entity="${escaped(entity)}">`
  return `${head}${rows}</dialog-info>\n`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** One character per octet comes in; what is no plain ASCII is written as a reference. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (found) => ESCAPES[found] ?? '')
    .replace(/[^\x20-\x7e]/g, (found) => `&#${found.charCodeAt(0)};`)
}
