/**
 * Asks the API of a server with a token. Whose address is one of this machine shows a certificate that names something else, and may have an authority of its own, or have expired: who knows which
 * one the server has takes that very one and no other, and says nothing before he has seen it.
 */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { request as requestByTls } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import type { Server } from './running-server.ts'

const OTHER = 'OTHER_CERTIFICATE'
/** Codes of Node and OpenSSL for a certificate that is not taken. */
const UNTRUSTED = /^(?:OTHER_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|INVALID_CA|ERR_TLS_)/

/** @param path with its query. @returns the answer, its body still to come. @throws what Node throws, which `describeTrouble` puts into words */
export async function askApi(
  { api, certificate, tokens: [token] }: Server,
  method: 'GET' | 'POST',
  path: string,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(path, api)
  const options: RequestOptions = { method, headers: { authorization: `Bearer ${token}` }, ...(signal && { signal }) }
  if (url.protocol === 'https:' && certificate !== undefined) {
    const socket = await known(url, certificate, signal)
    return answerOf(request({ ...options, host: url.hostname, path, createConnection: () => socket }))
  }
  return answerOf((url.protocol === 'https:' ? requestByTls : request)(url, { ...options, agent: false }))
}

async function answerOf(asked: ReturnType<typeof request>): Promise<IncomingMessage> {
  const answered = once(asked, 'response')
  asked.end()
  const [response] = await answered
  return response
}

/** A connection to who has this certificate and its key, whatever it says of names and dates. */
async function known(url: URL, certificate: string, signal?: AbortSignal): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Judged below, and before anything is said: by what it is, not by who signed it.
  const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', signal && { signal })
    if (socket.getPeerX509Certificate()?.fingerprint512 === fingerprintOf(certificate)) return socket
    throw Object.assign(new Error('another certificate'), { code: OTHER })
  } catch (thrown) {
    socket.destroy()
    throw thrown
  }
}

function fingerprintOf(certificate: string): string | undefined {
  try {
    return new X509Certificate(certificate).fingerprint512
  } catch {
    return ''
  }
}

/** @returns the members of an answer; none where it is no JSON. */
export async function membersOf(response: IncomingMessage): Promise<object> {
  const body = await text(response)
  try {
    const members: unknown = JSON.parse(body)
    return typeof members === 'object' && members !== null ? members : {}
  } catch {
    return {}
  }
}

/** @returns why there was no answer, in one line. */
export function describeTrouble({ api, certificate }: Server, thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined
  if (code === undefined) throw thrown
  if (!UNTRUSTED.test(code)) return `${api} cannot be reached, or has ended (${code}).`
  const advice =
    certificate === undefined
      ? 'Use the name that its certificate is for, and give Node its authority by NODE_EXTRA_CA_CERTS.'
      : 'It is not that of http.tls.certFile: look for what else has taken the port, or restart the server.'
  return `${api} shows a certificate that is not trusted (${code}). ${advice}`
}
