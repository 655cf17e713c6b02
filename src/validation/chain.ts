/** The certificates that a server presents, whether or not they are trusted: to be looked at by a person. It shakes hands and sends nothing. */

import { createHash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'

export type ChainQuestion = {
  readonly host: string
  readonly port: number
  readonly serverName?: string | undefined
  readonly timeoutMs: number
  /** Trusted for it, PEM; those of Node when absent. */
  readonly authorities?: readonly string[]
  readonly clientCertificate?: { readonly certificate: string; readonly key: string } | undefined
}

export type Chain =
  | {
      /** The server's own first, then those that it sent. */
      readonly certificates: readonly X509Certificate[]
      /** Node's word for what is wrong with them; undefined when they are trusted. */
      readonly whyNot: string | undefined
    }
  /** A sentence without its subject's name. */
  | { readonly failed: string }

const CHAIN_MAX = 10

/** Shakes hands with a server. */
export function lookAtChain(question: ChainQuestion): Promise<Chain> {
  const { host, port, serverName, timeoutMs, authorities, clientCertificate } = question
  const name = serverName ?? (isIP(host) === 0 ? host : undefined)
  return new Promise((resolve) => {
    const finish = (result: Chain): void => {
      clearTimeout(limit)
      socket.destroy()
      resolve(result)
    }
    const limit = setTimeout(() => finish({ failed: 'no answer in time.' }), timeoutMs)
    const socket = connect({
      ...{ host, port, rejectUnauthorized: false },
      ...(name === undefined ? {} : { servername: name }),
      ...(authorities === undefined ? {} : { ca: [...authorities], allowPartialTrustChain: true }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
    })
    socket.on('secureConnect', () => {
      const own = socket.getPeerX509Certificate()
      if (own === undefined) return finish({ failed: 'the server presents no certificate.' })
      const certificates = [own, ...issuersOf(socket.getPeerCertificate(true))]
      // Node gives the code of its verdict, whatever its types say.
      const whyNot = socket.authorized ? undefined : wordOf(socket.authorizationError)
      finish({ certificates, whyNot })
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish({ failed: `no TLS connection (${error.code ?? 'unknown'}).` }),
    )
    socket.on('close', () => finish({ failed: 'the connection was closed.' }))
  })
}

/** @returns the SHA-256 of its public key, base64, as in `secureInput.validation.pins`. */
export function pinOf(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}

/** The rest of the chain, as far as the server sent it. */
function issuersOf(peer: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let at = peer; at.issuerCertificate !== undefined && at.issuerCertificate !== at; at = at.issuerCertificate) {
    if (at.issuerCertificate.fingerprint256 === at.fingerprint256 || chain.length === CHAIN_MAX) break
    chain.push(new X509Certificate(at.issuerCertificate.raw))
  }
  return chain
}

function wordOf(verdict: unknown): string {
  if (verdict instanceof Error && 'code' in verdict && typeof verdict.code === 'string') return verdict.code
  return typeof verdict === 'string' ? verdict : 'unknown'
}
