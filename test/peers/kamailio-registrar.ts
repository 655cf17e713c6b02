/**
 * Debian's Kamailio as a carrier: a registrar that asks for a password and grants a few seconds, calls to the account that go to whoever has
 * registered, and calls from it, for which it asks for the password again.
 */

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../src/demo/waiting.ts'

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

export type Carrier = { stop(): Promise<void> }

export const CARRIER_REALM = 'carrier.example'

/** Starts it. @throws Error when it does not. */
export async function startCarrier(terms: CarrierTerms): Promise<Carrier> {
  const { folder } = terms
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'kamailio.cfg')
  writeFileSync(file, configuration(terms))
  const child = spawn('kamailio', ['-f', file, '-DD', '-E', '-w', folder, '-Y', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done())
    child.once('error', () => done())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  await until(() => child.exitCode !== null || isBound(terms.port), `Kamailio on port ${terms.port}\n${said}`)
  if (child.exitCode !== null) {
    await stop()
    throw new Error(`Kamailio does not start:\n${said}`)
  }
  return { stop }
}

/** Whether somebody has a UDP port of 127.0.0.1, as the kernel lists them. */
function isBound(port: number): boolean {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/udp', 'latin1').includes(place)
}

function configuration({ port, account, password, grantedSeconds, calleeUri }: CarrierTerms): string {
  const modules = ['tm', 'sl', 'pv', 'maxfwd', 'textops', 'siputils', 'usrloc', 'registrar', 'auth']
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:${port}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("registrar", "max_expires", ${grantedSeconds})
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
