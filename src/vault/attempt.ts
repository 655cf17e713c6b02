/**
 * One attempt to submit an entry: a TLS connection of its own, the head, then the body in one write out of locked memory, wiped as
 * soon as it is sent, then the reply, received into locked memory.
 *
 * The order matters. Node joins what waits together in memory that it frees unwiped; one buffer with nothing queued before it goes
 * to OpenSSL as it is. So the head is flushed first, and the body is below one TLS record and written once.
 *
 * How far it came is told with every failure: what was certainly not acted on may be tried again, the rest is for `submit.ts` to judge.
 */

import { isIP, type OnReadOpts } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import type { Failure, Plan, Validation } from './contract.ts'
import type { Entry } from './entry.ts'
import { findBody, type HttpBody, REPLY_MAX } from './http-reply.ts'
import { overwriteLeftovers } from './leftovers.ts'
import { LockedMemory } from './locked-memory.ts'
import { type Answer, readAnswer } from './reply.ts'
import type { ValidationRequest } from './request.ts'
import { BODY_MAX } from './request-document.ts'
import { isPinned, trustFailureOf } from './trust.ts'

export type SubmitFailure = Extract<Failure, `validation-${string}` | 'internal-error'>

/**
 * How far a failed attempt came: `unheard`, no connection, or one that ended before the body was written, so that nobody can have acted
 * on it; `lost`, the body was written and the connection ended before a whole reply; `over`, another attempt would end the same, or
 * the service has answered.
 */
export type AttemptEnd = 'unheard' | 'lost' | 'over'
export type AttemptResult = Answer | { readonly failure: SubmitFailure; readonly end: AttemptEnd }

export type Attempt = {
  /** The body has left, or is about to. */
  readonly sent: boolean
  /** Ends it without a result and wipes. May be called twice, and after the result. */
  abort(): void
}

export type AttemptOptions = {
  readonly plan: Plan
  readonly request: ValidationRequest
  readonly entry: Entry
  readonly clock: Clock
  /** Called once, never from within `attempt`. */
  onResult(result: AttemptResult): void
}

/** Most of a reply that one read takes. */
const CHUNK_SIZE = 16_384
/** OpenSSL overwrites what it has decrypted once it was read (SSL_CTX_set_options(3)); Node names no constant for it. */
const SSL_OP_CLEANSE_PLAINTEXT = 2

const BAD_REPLY = { failure: 'validation-bad-reply', end: 'over' } as const
const REFUSED = { failure: 'validation-refused', end: 'over' } as const
const LOST = { failure: 'validation-bad-reply', end: 'lost' } as const
const DEFECT = { failure: 'internal-error', end: 'over' } as const
const UNTRUSTED = { failure: 'validation-untrusted', end: 'over' } as const
const UNHEARD = { failure: 'validation-unreachable', end: 'unheard' } as const

/** Connects and sends. It has no time limit of its own. */
export function attempt({ plan, request, entry, clock, onResult }: AttemptOptions): Attempt {
  const body = new LockedMemory(BODY_MAX)
  const chunk = new LockedMemory(CHUNK_SIZE)
  const reply = new LockedMemory(REPLY_MAX)
  let received = 0
  let over = false
  let connected = false
  let sent = false

  const finish = (result: AttemptResult | undefined) => {
    if (over) return
    over = true
    body.close()
    reply.close()
    socket?.destroy()
    // The socket may read into its chunk until it is closed: wiped now, given back then.
    if (socket === undefined) chunk.close()
    else chunk.wipe()
    // Not from here: what is to be overwritten may lie above us.
    clock.after(0, overwriteLeftovers)
    if (result !== undefined) onResult(result)
  }
  const look = (ended: boolean) => {
    if (over) return
    const found = findBody(reply.bytes, received, ended)
    if (found.at === 'more') {
      if (received === REPLY_MAX) finish(BAD_REPLY)
      return
    }
    if (found.at === 'refused') return finish(REFUSED)
    if (found.at === 'bad') return finish(ended && isUnfinished(reply.bytes, received) ? LOST : BAD_REPLY)
    finish(readFound(found, plan, reply.bytes, entry) ?? BAD_REPLY)
  }
  const onChunk = (size: number): boolean => {
    // Before anything else, and again behind our own copy.
    overwriteRegisters(size)
    if (over) return false
    const taken = Math.min(size, REPLY_MAX - received)
    chunk.bytes.copy(reply.bytes, received, 0, taken)
    overwriteRegisters(taken)
    chunk.bytes.fill(0, 0, size)
    received += taken
    if (taken < size) finish(BAD_REPLY)
    else look(false)
    return true
  }
  const sendBody = () => {
    if (over) return
    const size = written(() => request.writeBody(entry, body.bytes))
    if (size === undefined) return finish(DEFECT)
    sent = true
    socket?.write(body.bytes.subarray(0, size), () => body.wipe())
    overwriteRegisters(size)
  }

  const socket = connectTo(plan.validation, chunk, onChunk)
  if (socket === undefined) {
    clock.after(0, () => finish(UNTRUSTED))
    return { sent, abort: () => finish(undefined) }
  }
  socket.on('connect', () => {
    connected = true
  })
  socket.on('secureConnect', () => {
    if (!isPinned(socket, plan.validation.pins)) return finish({ failure: 'validation-pin-mismatch', end: 'over' })
    socket.disableRenegotiation()
    // The callback comes when the head has left: nothing is queued before the body.
    socket.write(request.head(request.bodySize(entry)), sendBody)
  })
  socket.on('end', () => look(true))
  socket.on('error', (error: NodeJS.ErrnoException) => finish(failureOf(error, connected, sent)))
  socket.on('close', () => {
    finish(sent ? LOST : UNHEARD)
    chunk.close()
  })
  return {
    get sent() {
      return sent
    },
    abort: () => finish(undefined),
  }
}

/** Sealing asks for memory and entropy, and can be refused them; nothing is sent then. */
function written(write: () => number): number | undefined {
  try {
    return write()
  } catch {
    return undefined
  }
}

/** Whether what came is good as far as it goes. */
function isUnfinished(bytes: Uint8Array, received: number): boolean {
  return findBody(bytes, received, false).at === 'more'
}

function readFound(
  found: Extract<HttpBody, { at: 'whole' }>,
  { validation, fields }: Plan,
  bytes: Uint8Array,
  entry: Entry,
): Answer | undefined {
  const format = validation.format === 'xml' ? 'xml' : 'json'
  if (!isTaken(found.type, format)) return undefined
  return readAnswer(bytes, found.from, found.to, { format, form: validation.reply }, { entry, fields: fields.length })
}

/** XML may come as any text, or untyped, as small services send it: what counts there is the declaration. JSON says what it is. */
function isTaken(type: Extract<HttpBody, { at: 'whole' }>['type'], format: 'xml' | 'json'): boolean {
  return format === 'json' ? type === 'json' : type === 'xml' || type === 'text' || type === 'none'
}

/** @returns undefined when TLS cannot use the client certificate: control has looked at it, and files change. */
function connectTo(
  validation: Validation,
  chunk: LockedMemory,
  onChunk: (size: number) => boolean,
): TLSSocket | undefined {
  const { host, port, authorities, serverName, clientCertificate } = validation
  const name = serverName ?? (isIP(host) === 0 ? host : undefined)
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    host,
    port,
    ca: [...authorities],
    // A certificate that the administrator named is trusted, whether or not it signed itself (PC-53).
    allowPartialTrustChain: true,
    minVersion: 'TLSv1.2',
    secureOptions: SSL_OP_CLEANSE_PLAINTEXT,
    rejectUnauthorized: true,
    // Received octets go straight into locked memory instead of fresh buffers.
    onread: { buffer: chunk.bytes, callback: onChunk },
    ...(name === undefined ? {} : { servername: name }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  }
  try {
    return connect(options)
  } catch {
    return undefined
  }
}

/**
 * What an error of the connection means. Errors of the operating system have an `errno`; once the TCP connection stands, the others
 * come from TLS: a certificate that is expired, for another name, or of an authority that is not ours, or no common terms. After
 * the body only an alert of the far end's is about trust: with TLS 1.3 it refuses our certificate that late.
 */
function failureOf(error: NodeJS.ErrnoException, connected: boolean, sent: boolean): AttemptResult {
  const code = error.code ?? ''
  if (sent) return code.includes('_ALERT_') ? { failure: 'validation-untrusted', end: 'over' } : LOST
  const ofTls = connected && error.errno === undefined && code !== 'ECONNRESET'
  return ofTls ? { failure: trustFailureOf(code), end: 'over' } : UNHEARD
}
