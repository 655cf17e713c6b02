/**
 * Debian's Kamailio as a carrier that is reached over TLS: a registrar that asks for a password, names a Service-Route in its answers (RFC 3608), takes
 * calls by that Route alone, and sends calls to whoever has registered over the connection that he opened (RFC 5923).
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from './authority.ts'
import { type Kamailio, startKamailio } from './kamailio.ts'

export type TlsCarrierTerms = {
  readonly folder: string
  /** Of UDP, for whoever calls through it. */
  readonly port: number
  readonly tlsPort: number
  readonly domain: string
  readonly identity: Identity
  readonly account: string
  readonly password: string
  /** Where calls from the account go. */
  readonly calleeUri: string
}

const MODULES = ['tls', 'tm', 'sl', 'pv', 'maxfwd', 'textops', 'siputils', 'rr', 'usrloc', 'registrar', 'auth']

/** Starts it. @throws Error when it does not. */
export function startTlsCarrier(terms: TlsCarrierTerms): Promise<Kamailio> {
  const { folder, port, tlsPort, identity } = terms
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'carrier.pem'), identity.certificate)
  writeFileSync(join(folder, 'carrier.key'), identity.key)
  return startKamailio({
    folder,
    port,
    listeners: [`tls:127.0.0.1:${tlsPort}`],
    modules: MODULES,
    script: scriptOf(terms),
  })
}

function scriptOf({ folder, tlsPort, domain, account, password, calleeUri }: TlsCarrierTerms): string {
  return `modparam("tls", "certificate", "${folder}/carrier.pem")
modparam("tls", "private_key", "${folder}/carrier.key")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("auth", "qop", "auth")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${domain}", "${password}", "0")) { www_challenge("${domain}", "0"); exit; }
    append_to_reply("Service-Route: <sip:orig@${domain}:${tlsPort};transport=tls;lr>\\r\\n");
    save("location");
    exit;
  }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  t_check_trans();
  if ($rU == "${account}") {
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    record_route();
    t_relay();
    exit;
  }
  if (!is_present_hf("Route")) { sl_send_reply("403", "By The Service Route Alone"); exit; }
  loose_route();
  record_route();
  $du = "${calleeUri}";
  t_relay();
}
`
}
