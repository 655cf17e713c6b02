/**
 * Debian's Kamailio as a carrier: a registrar that asks for a password and grants a few seconds, calls to the account that go to whoever has
 * registered, and calls from it, for which it asks for the password again.
 */

import { type Kamailio, startKamailio } from './kamailio.ts'

export type CarrierTerms = {
  readonly folder: string
  readonly port: number
  readonly account: string
  readonly password: string
  /** For how long it keeps a contact. */
  readonly grantedSeconds: number
  /** Where calls from the account go. */
  readonly calleeUri: string
}

export const CARRIER_REALM = 'carrier.example'

const MODULES = ['tm', 'sl', 'pv', 'maxfwd', 'textops', 'siputils', 'usrloc', 'registrar', 'auth']

/** Starts it. @throws Error when it does not. */
export function startCarrier(terms: CarrierTerms): Promise<Kamailio> {
  const { folder, port } = terms
  return startKamailio({ folder, port, modules: MODULES, script: scriptOf(terms) })
}

function scriptOf({ account, password, grantedSeconds, calleeUri }: CarrierTerms): string {
  return `modparam("registrar", "max_expires", ${grantedSeconds})
modparam("registrar", "min_expires", 1)
modparam("usrloc", "timer_interval", 1)
modparam("auth", "qop", "auth")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (has_totag()) { t_relay(); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${CARRIER_REALM}", "${password}", "0")) { www_challenge("${CARRIER_REALM}", "0"); exit; }
    save("location");
    exit;
  }
  t_check_trans();
  if ($rU == "${account}") {
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
    exit;
  }
  if (!pv_proxy_authenticate("${CARRIER_REALM}", "${password}", "0")) { proxy_challenge("${CARRIER_REALM}", "0"); exit; }
  consume_credentials();
  $du = "${calleeUri}";
  t_relay();
}
`
}
