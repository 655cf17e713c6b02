/** What a configuration says of TLS and what else must stand beside it; `config-checks.ts` has the rest. */

import { isIP } from 'node:net'
import type { Config } from './config-schema.ts'
import { hostOfUri, isOverTls, leadsOverTls } from './sip-uri-words.ts'

type Report = (path: readonly (string | number)[], says: string, advice: string) => void

/** Certificates of listeners, and far ends that are reached over TLS. */
export function checkTls(config: Config, report: Report): void {
  for (const at of config.sip.listeners.keys()) checkListener(config, at, report)
  for (const at of config.trunks.keys()) checkTrunk(config, at, report)
  for (const [at, { to }] of config.routes.entries()) {
    if (to.uri === undefined || !leadsOverTls(to.uri)) continue
    const path = ['routes', at, 'to', 'uri']
    if (isIP(hostOfUri(to.uri)) === 0) continue
    const advice = 'Write its domain, or make it a trunk with outbound.tls.serverName.'
    report(path, 'A certificate names a domain, and this is an address.', advice)
  }
}

function checkListener({ sip }: Config, at: number, report: Report): void {
  const listener = sip.listeners[at]
  if (listener === undefined) return
  const { transport, certificateFile, keyFile, moreCertificates, clientCertificates, caFile, origins, withoutOrigin } =
    listener
  const path = ['sip', 'listeners', at]
  const isWeb = transport === 'ws' || transport === 'wss'
  if (!isWeb && (origins.length > 0 || withoutOrigin !== 'accept')) {
    const advice = 'Set transport to wss, or remove origins and withoutOrigin.'
    report(path, 'This listener names pages, and its transport is not WebSocket.', advice)
  }
  if (!isOverTls(transport)) {
    const named = certificateFile !== undefined || keyFile !== undefined || moreCertificates.length > 0
    if (!named && clientCertificates === 'off' && caFile === undefined) return
    report(
      path,
      'This listener has certificates, and its transport is not TLS.',
      'Set transport to tls or wss, or remove them.',
    )
    return
  }
  if (certificateFile === undefined || keyFile === undefined)
    report(path, 'A listener for tls or wss needs a certificate and its key.', 'Set certificateFile and keyFile.')
  if (clientCertificates === 'required' && caFile === undefined) {
    report(path, 'Client certificates are required, and nobody issues them.', 'Set caFile to their authority.')
  }
  if (clientCertificates === 'off' && caFile !== undefined) {
    const advice = 'Set clientCertificates to required, or remove caFile: nobody is checked with it now.'
    report([...path, 'caFile'], 'There is an authority, but no client must show a certificate.', advice)
  }
}

function checkTrunk(config: Config, at: number, report: Report): void {
  const outbound = config.trunks[at]?.outbound
  if (outbound === undefined) return
  const { uri, tls } = outbound
  const path = ['trunks', at, 'outbound']
  if (!leadsOverTls(uri)) {
    const advice = 'Add ;transport=tls to outbound.uri, or remove outbound.tls.'
    if (tls !== undefined) report([...path, 'tls'], 'Calls to this trunk do not go over TLS.', advice)
    return
  }
  if (isIP(hostOfUri(uri)) !== 0 && tls?.serverName === undefined) {
    const advice = 'Set outbound.tls.serverName, or write its domain.'
    report([...path, 'uri'], 'A certificate names a domain, and this is an address.', advice)
  }
  if (tls?.serverName !== undefined && isIP(tls.serverName) !== 0) {
    report(
      [...path, 'tls', 'serverName'],
      'This is an address.',
      'Write the SIP domain that stands in its certificate.',
    )
  }
  if ((tls?.certificateFile === undefined) !== (tls?.keyFile === undefined)) {
    const says = 'A client certificate needs its key, and a key its certificate.'
    report([...path, 'tls'], says, 'Set both certificateFile and keyFile.')
  }
}
