/**
 * Debian's Kamailio as a stateful proxy that records its route, and with rtpengine in user space beside it when sound is to be carried: what the
 * two cost together is what a bridged call costs without a B2BUA.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/peers/free-port.ts'
import type { Measured } from './process-tree.ts'
import { rtpengineVersion, startRtpengine } from './rtpengine.ts'

const SETTLE_MS = 1500
const RTP_PORTS = [30_000, 37_999] as const

/** @returns whether both programs, or Kamailio alone, are installed. */
export function hasKamailio(withRtpengine: boolean): boolean {
  if (withRtpengine && rtpengineVersion() === undefined) return false
  try {
    execFileSync('kamailio', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts it. @throws Error when it, or rtpengine, does not start. */
export async function startKamailio(folder: string, pbxPort: number, withRtpengine: boolean): Promise<Measured> {
  mkdirSync(folder, { recursive: true })
  const [sipPort, controlPort] = [await freePort(), await freePort()]
  const file = join(folder, 'kamailio.cfg')
  writeFileSync(file, configuration(sipPort, pbxPort, withRtpengine ? controlPort : undefined))
  const children: ChildProcess[] = []
  if (withRtpengine) children.push(startRtpengine(controlPort, RTP_PORTS))
  children.push(spawn('kamailio', ['-f', file, '-DD', '-E', '-w', folder, '-Y', folder], { stdio: 'ignore' }))
  const ended = children.map(
    (child) =>
      new Promise<void>((done) => {
        child.once('exit', () => done())
        child.once('error', () => done())
      }),
  )
  const stop = async (): Promise<void> => {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(ended)
  }
  await new Promise((settled) => setTimeout(settled, SETTLE_MS))
  if (children.some(({ exitCode, pid }) => exitCode !== null || pid === undefined)) {
    await stop()
    throw new Error('Kamailio does not start')
  }
  const name = withRtpengine ? 'Kamailio and rtpengine' : 'Kamailio, proxy'
  return { name, sipPort, processIds: children.map(({ pid }) => pid ?? 0), stop }
}

function configuration(sipPort: number, pbxPort: number, controlPort: number | undefined): string {
  const withSound = controlPort !== undefined
  const modules = ['tm', 'sl', 'rr', 'pv', 'maxfwd', 'textops', 'siputils', ...(withSound ? ['rtpengine'] : [])]
  const sound = (line: string): string => (withSound ? line : '')
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:${sipPort}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
${sound(`modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${controlPort}")`)}

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (has_totag()) {
    if (!loose_route()) { if (is_method("ACK") && t_check_trans()) t_relay(); exit; }
    ${sound('if (is_method("BYE")) rtpengine_delete();')}
    t_relay();
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  t_check_trans();
  record_route();
  $du = "sip:127.0.0.1:${pbxPort}";
  ${sound('if (is_method("INVITE")) { rtpengine_offer("replace-origin replace-session-connection"); t_on_reply("answer"); }')}
  t_relay();
}

${sound('onreply_route[answer] { if (status=~"2[0-9][0-9]") rtpengine_answer("replace-origin replace-session-connection"); }')}
`
}
