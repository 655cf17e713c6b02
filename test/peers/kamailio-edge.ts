/**
 * Debian's Kamailio as the edge before a registrar: phones connect to it over TCP and keep that connection, it puts itself into their Path with a
 * flow token (RFC 3327, RFC 5626), and passes requests on by it, or says 430 when the connection has gone.
 */

import { type Kamailio, startKamailio } from './kamailio.ts'

export type EdgeTerms = {
  readonly folder: string
  readonly port: number
  /** `address:port` of the registrar. */
  readonly registrar: string
}

const MODULES = ['tm', 'sl', 'pv', 'maxfwd', 'textops', 'siputils', 'stun', 'outbound', 'rr', 'path']

/** Starts it. @throws Error when it does not. */
export function startEdge({ folder, port, registrar }: EdgeTerms): Promise<Kamailio> {
  return startKamailio({
    folder,
    port,
    listeners: [`tcp:127.0.0.1:${port}`],
    modules: MODULES,
    // What went into a connection that has just gone is given up soon, and not when whoever waits for it has given up as well.
    script: `modparam("tm", "fr_timer", 5000)
modparam("path", "use_received", 0)
modparam("rr", "append_fromtag", 0)

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (is_method("REGISTER")) {
    if (!add_path()) { sl_send_reply("503", "No Path"); exit; }
    $du = "sip:${registrar};transport=udp";
    t_relay();
    exit;
  }
  if (loose_route()) {
    if (is_method("INVITE") && !has_totag()) record_route();
    if (!t_relay()) sl_send_reply("430", "Flow Failed");
    exit;
  }
  if ($rc == -2) { sl_send_reply("430", "Flow Failed"); exit; }
  if (has_totag()) { t_relay(); exit; }
  sl_send_reply("404", "Not Found");
}
`,
  })
}
