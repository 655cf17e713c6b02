/**
 * What of a message may be shown to whoever looks for a fault: its start line and its headers. Pure.
 *
 * - Bodies are left out, all of them: SDP has keys of SRTP, INFO has digits.
 * - Values that authenticate are hidden (RFC 3261 sections 20.7, 20.27, 20.28, 20.44, RFC 7615), and passwords in URIs.
 * - Of an INFO only the lines that say which dialog it belongs to are left: nothing else of it is let near a text.
 * - What people write is not read here: a Subject of a MESSAGE is text, too.
 * - Without an empty line nobody can tell headers from body, so that the start line alone is shown.
 * - Card numbers are cut out, such as of a dialled number.
 */

import { maskCardNumbers } from '../base/mask.ts'
import { blankSubject, isText } from './subject.ts'

export type SafeHead = { readonly head: string; readonly sipCallId: string }

const HIDDEN = '[hidden]'
const GAP = Buffer.from('\r\n\r\n', 'latin1')
const INFO = Buffer.from('INFO ', 'latin1')
const MAX_HEAD_OCTETS = 16_384
const MAX_START_OCTETS = 1024
const START = /^(?:[A-Za-z0-9.!%*_+`'~-]{1,32} \S{1,1000} SIP\/2\.0|SIP\/2\.0 \d{3} [^\r\n]{0,200})$/
const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
])
const OF_INFO: ReadonlySet<string> = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'max-forwards', 'content-length', 'l'],
])
const PASSWORD = /(sips?:[^@\s:;<>"]*):[^@\s<>"]*@/gi

/** @returns undefined when it is no SIP message. @param octets one message; only read. */
export function safeHead(octets: Uint8Array): SafeHead | undefined {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  let start = 0
  while (all[start] === 0x0d || all[start] === 0x0a) start += 1
  const message = all.subarray(start)
  const lineEnd = message.subarray(0, MAX_START_OCTETS).indexOf('\r\n')
  if (lineEnd < 0) return undefined
  const line = message.toString('latin1', 0, lineEnd)
  if (!START.test(line)) return undefined
  const gap = message.subarray(0, MAX_HEAD_OCTETS).indexOf(GAP)
  const headers = gap < lineEnd + 2 ? [] : headersIn(linesOf(message, lineEnd, gap))
  const isInfo = message.subarray(0, INFO.length).equals(INFO)
  const shown = headers.filter((header) => !isInfo || isOfInfo(header)).map(([name, text]) => safeLine(name, text))
  const [, callId] = headers.find(([name]) => name === 'call-id' || name === 'i') ?? []
  return {
    head: maskCardNumbers([line.replace(PASSWORD, `$1:${HIDDEN}@`), ...shown, '', ''].join('\r\n')),
    sipCallId: callId === undefined ? '' : callId.slice(callId.indexOf(':') + 1).trim(),
  }
}

/** The lines of a head, of a text without what its Subject says. */
function linesOf(message: Buffer, lineEnd: number, gap: number): string {
  const lines = message.subarray(lineEnd, gap)
  if (!isText(message)) return lines.toString('utf8', 2)
  const copy = Buffer.from(lines)
  blankSubject(copy)
  const text = copy.toString('utf8', 2)
  copy.fill(0)
  return text
}

/** Headers with their names in small letters, folded lines with the one that they belong to. */
function headersIn(text: string): (readonly [name: string, text: string])[] {
  return text
    .replace(/\r\n[\t ]+/g, ' ')
    .split('\r\n')
    .map(
      (line) =>
        [
          line
            .slice(0, Math.max(0, line.indexOf(':')))
            .trim()
            .toLowerCase(),
          line,
        ] as const,
    )
}

/** A line that is ended by less than CR LF may have a body behind it. */
function isOfInfo([name, text]: readonly [name: string, text: string]): boolean {
  return OF_INFO.has(name) && !/\p{Cc}/u.test(text)
}

function safeLine(name: string, text: string): string {
  if (SECRETS.has(name)) return `${text.slice(0, text.indexOf(':'))}: ${HIDDEN}`
  return text.replace(PASSWORD, `$1:${HIDDEN}@`)
}
