/**
 * One submission to the validation service: a TLS connection of its own, the head, then the body in one write out of locked memory,
 * wiped as soon as it is sent, then the reply, received into locked memory.
 *
 * The order matters. Node joins what waits together in memory that it frees unwiped; one buffer with nothing queued before it goes
 * to OpenSSL as it is. So the head is flushed first, and the body is below one TLS record and written once.
 *
 * Nothing is sent twice. Once the body has been written, a failure is never called `unreachable`: the service may have acted on it.
 */

import { isIP, type OnReadOpts } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { Failure, Plan, Validation } from './contract.ts'
import type { Entry } from './entry.ts'
import { findBody, REPLY_MAX } from './http-reply.ts'
import { LockedMemory } from './locked-memory.ts'
import { type Answer, readAnswer } from './reply.ts'
import { BODY_MAX, type ValidationRequest } from './request.ts'
import { overwriteStack } from './stack.ts'

export type SubmitFailure = Extract<Failure, `validation-${string}` | 'internal-error'>
export type SubmitResult = Answer | { readonly failure: SubmitFailure }

export type Submission = {
  /** Ends it without a result and wipes. May be called twice, and after the result. */
  abort(): void
}

export type SubmitOptions = {
  readonly plan: Plan
  readonly request: ValidationRequest
  readonly entry: Entry
  readonly clock: Clock
  /** Called once, never from within `submit`. */
  onResult(result: SubmitResult): void
}

/** Most of a reply that one read takes. */
const CHUNK_SIZE = 16_384
/** OpenSSL overwrites what it has decrypted once it was read (SSL_CTX_set_options(3)); Node names no constant for it. */
const SSL_OP_CLEANSE_PLAINTEXT = 2

/** Sends a session's entry. All limits are the plan's. */
export function submit({ plan, request, entry, clock, onResult }: SubmitOptions): Submission {
  const body = new LockedMemory(BODY_MAX)
  const chunk = new LockedMemory(CHUNK_SIZE)
  const reply = new LockedMemory(REPLY_MAX)
  let received = 0
  let over = false
  let connected = false
  let sent = false

  const finish = (result: SubmitResult | undefined) => {
    if (over) return
    over = true
    limit.cancel()
    body.close()
    reply.close()
    socket.destroy()
    // The socket may read into its chunk until it is closed: wiped now, given back then.
    chunk.wipe()
    // Not from here: what is to be overwritten may lie above us.
    clock.after(0, overwriteStack)
    if (result !== undefined) onResult(result)
  }
  const look = (ended: boolean) => {
    if (over) return
    const found = findBody(reply.bytes, received, ended)
    if (found.at === 'more') {
      if (received === REPLY_MAX) finish({ failure: 'validation-bad-reply' })
      return
    }
    if (found.at === 'refused') return finish({ failure: 'validation-refused' })
    if (found.at === 'bad') return finish({ failure: 'validation-bad-reply' })
    const { reply: form } = plan.validation
    const answer = readAnswer(reply.bytes, found.from, found.to, form, entry, plan.fields.length)
    finish(answer ?? { failure: 'validation-bad-reply' })
  }
  const onChunk = (size: number): boolean => {
    if (over) return false
    const taken = Math.min(size, REPLY_MAX - received)
    chunk.bytes.copy(reply.bytes, received, 0, taken)
    chunk.bytes.fill(0, 0, size)
    received += taken
    if (taken < size) finish({ failure: 'validation-bad-reply' })
    else look(false)
    return true
  }
  const sendBody = () => {
    if (over) return
    const size = request.writeBody(entry, body.bytes)
    sent = true
    socket.write(body.bytes.subarray(0, size), () => body.wipe())
  }

  const limit = clock.after(plan.validation.timeoutMs, () => finish({ failure: 'validation-timed-out' }))
  const socket = connectTo(plan.validation, chunk, onChunk)
  socket.on('connect', () => {
    connected = true
  })
  socket.on('secureConnect', () => {
    socket.disableRenegotiation()
    // The callback comes when the head has left: nothing is queued before the body.
    socket.write(request.head(request.bodySize(entry)), sendBody)
  })
  socket.on('end', () => look(true))
  socket.on('error', (error: NodeJS.ErrnoException) => finish({ failure: failureOf(error, connected, sent) }))
  socket.on('close', () => {
    finish({ failure: sent ? 'validation-bad-reply' : 'validation-unreachable' })
    chunk.close()
  })
  return { abort: () => finish(undefined) }
}

function connectTo(validation: Validation, chunk: LockedMemory, onChunk: (size: number) => boolean): TLSSocket {
  const { host, port, authorities, serverName, clientCertificate } = validation
  const name = serverName ?? (isIP(host) === 0 ? host : undefined)
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    host,
    port,
    ca: [...authorities],
    minVersion: 'TLSv1.2',
    secureOptions: SSL_OP_CLEANSE_PLAINTEXT,
    rejectUnauthorized: true,
    // Received octets go straight into locked memory instead of fresh buffers.
    onread: { buffer: chunk.bytes, callback: onChunk },
    ...(name === undefined ? {} : { servername: name }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  }
  return connect(options)
}

/**
 * What an error of the connection means. Errors of the operating system have an `errno`; once the TCP connection stands, the others
 * come from TLS: a certificate that is expired, for another name, or of an authority that is not ours, or no common terms. After
 * the body only an alert of the far end's is about trust: with TLS 1.3 it refuses our certificate that late.
 */
function failureOf(error: NodeJS.ErrnoException, connected: boolean, sent: boolean): SubmitFailure {
  const code = error.code ?? ''
  if (sent) return code.includes('_ALERT_') ? 'validation-untrusted' : 'validation-bad-reply'
  const ofTls = connected && error.errno === undefined && code !== 'ECONNRESET'
  return ofTls ? 'validation-untrusted' : 'validation-unreachable'
}
