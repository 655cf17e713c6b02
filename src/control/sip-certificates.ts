/**
 * The certificates of SIP over TLS, read from the files of the configuration. Who connects is shown the files as they are now: they are looked at
 * with a connection, every `LOOK_MS` at most, and read when they have changed, as those of the validation service are with each session.
 *
 * Files that cannot be used any more, such as a certificate whose key has not been written yet, leave the old ones in place; that is told once,
 * and tried again when they change.
 */

import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { Fault, fault } from '../base/fault.ts'
import { hostOfUri, isOverTls } from '../base/sip-uri-words.ts'
import { plainAddress } from '../base/source-address.ts'
import {
  checkIdentity,
  isOutdated,
  type SipPeer,
  type TlsIdentity,
  type TlsServerTerms,
  type TlsTerms,
  type TlsTrust,
} from '../sip/index.ts'

/** Files are looked at this often at most: a flood of connections must not read them each time. */
const LOOK_MS = 5000

export type CertificateEvent =
  | { readonly type: 'loaded'; readonly of: string }
  /** Nothing of it was taken. */
  | { readonly type: 'refused'; readonly of: string; readonly fault: Fault }
  /** It is shown all the same: there is nothing better. */
  | { readonly type: 'expired'; readonly of: string; readonly fault: Fault }

export type CertificateFiles = {
  /** @returns the content. @throws when it cannot be read. */
  read(path: string): string
  /** @returns text that changes when the file does. @throws when it cannot be found. */
  stamp(path: string): string
}

/** Those of the disk. */
export const certificateFiles: CertificateFiles = {
  read: (path) => readFileSync(path, 'utf8'),
  stamp: (path) => {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  },
}

export type SipCertificates = TlsTerms & {
  /** Reads every file that will be needed, so that what is wrong with one is seen at the start. @throws Fault. */
  load(): void
  /** Looks at every file now, after `load`. */
  reload(): void
}

export type SipConfig = Pick<Config, 'sip' | 'trunks'>
type Source = { readonly certificateFile: string; readonly keyFile: string }

/** @param wallMs milliseconds since 1970. @param tell gets what becomes of files; `of` names a listener or a trunk. */
export function createSipCertificates(
  config: SipConfig,
  files: CertificateFiles,
  clock: Pick<Clock, 'now'>,
  wallMs: () => number,
  tell: (event: CertificateEvent) => void,
): SipCertificates {
  const identityFrom = ({ certificateFile, keyFile }: Source, of: string): TlsIdentity => {
    const identity = { certificate: files.read(certificateFile), key: files.read(keyFile) }
    if (isOutdated(checkIdentity(identity), wallMs()))
      tell({ type: 'expired', of, fault: fault('sip.certificate-expired') })
    return identity
  }
  const read = (path: string | undefined) => (path === undefined ? undefined : files.read(path))

  const servers = config.sip.listeners.map((listener, at) => {
    const { certificateFile = '', keyFile = '', moreCertificates, caFile } = listener
    const of = `listener-${at}`
    const more = moreCertificates.flatMap((each) => [each.certificateFile, each.keyFile])
    const load = (): TlsServerTerms => ({
      identities: [
        identityFrom({ certificateFile, keyFile }, of),
        ...moreCertificates.map((each) => identityFrom(each, of)),
      ],
      clientAuthorities: listener.clientCertificates === 'required' ? read(caFile) : undefined,
    })
    return keptFresh(of, [certificateFile, keyFile, ...more, caFile], load)
  })
  const common = keptFresh('sip.tls', [config.sip.tls.caFile], () => ({
    authorities: read(config.sip.tls.caFile),
    identity: undefined,
  }))
  const trunks = config.trunks.map(({ name, outbound }) => {
    const { certificateFile, keyFile, caFile = config.sip.tls.caFile } = outbound?.tls ?? {}
    const load = (): TlsTrust => ({
      authorities: read(caFile),
      identity:
        certificateFile === undefined || keyFile === undefined
          ? undefined
          : identityFrom({ certificateFile, keyFile }, name),
    })
    return outbound?.tls === undefined ? common : keptFresh(name, [certificateFile, keyFile, caFile], load)
  })

  /** @returns what gives the newest of it that can be used; the first time it throws when there is none. */
  function keptFresh<T>(of: string, paths: readonly (string | undefined)[], load: () => T) {
    const named = paths.filter((path) => path !== undefined)
    let kept: { readonly value: T } | undefined
    let stamps: string | undefined
    let nextLookMs = 0
    return (isAsked = false): T => {
      const now = clock.now()
      if (kept !== undefined && now < nextLookMs && !isAsked) return kept.value
      nextLookMs = now + LOOK_MS
      const found = named.map((path) => stampOf(path)).join()
      if (kept !== undefined && found === stamps) return kept.value
      const isFirst = kept === undefined
      stamps = found
      try {
        kept = { value: load() }
        if (!isFirst) tell({ type: 'loaded', of })
      } catch (thrown) {
        const why = faultOf(thrown, of)
        if (kept === undefined) throw why
        tell({ type: 'refused', of, fault: why })
      }
      return kept.value
    }
  }

  function stampOf(path: string): string {
    try {
      return files.stamp(path)
    } catch {
      return 'none'
    }
  }

  const needed = [
    ...servers.filter((_, at) => isOverTls(config.sip.listeners[at]?.transport ?? 'udp')),
    common,
    ...trunks,
  ]

  return {
    server: (listener) => {
      const server = servers[listener]
      if (server === undefined) throw fault('sip.certificate-unreadable')
      return server()
    },
    client: (peer) => {
      const at = trunkOf(config, peer)
      return { domain: domainOf(config, peer, at), trust: (trunks[at] ?? common)() }
    },
    load: () => {
      for (const each of needed) each()
    },
    reload: () => {
      for (const each of needed) each(true)
    },
  }
}

/** The trunk that a far end belongs to: by the domain that calls and registrations are sent to, or by its address; -1 for nobody's. */
function trunkOf({ trunks }: SipConfig, peer: SipPeer): number {
  const byDomain = trunks.findIndex(
    ({ outbound, registration }) =>
      peer.domain !== undefined &&
      [
        outbound?.uri,
        ...(outbound?.moreTargets ?? []).map(({ uri }) => uri),
        registration?.uri,
        ...(registration?.proxies ?? []),
      ].some((uri) => uri !== undefined && hostOfUri(uri) === peer.domain),
  )
  return byDomain >= 0
    ? byDomain
    : trunks.findIndex(({ addresses }) => addresses.map(plainAddress).includes(peer.address))
}

/** Which domain must stand in its certificate: the URI's own, or for an address the one of the trunk that the address belongs to. */
function domainOf({ trunks }: SipConfig, { domain }: SipPeer, trunk: number): string | undefined {
  const outbound = trunks[trunk]?.outbound
  const host = outbound === undefined ? undefined : hostOfUri(outbound.uri)
  const named = domain !== undefined && isIP(domain) === 0 ? domain : undefined
  if (named !== undefined && named !== host) return named
  return outbound?.tls?.serverName ?? (host !== undefined && isIP(host) === 0 ? host : undefined)
}

function faultOf(thrown: unknown, owner: string): Fault {
  return fault(thrown instanceof Fault ? thrown.code : 'sip.certificate-unreadable', { owner }, thrown)
}
