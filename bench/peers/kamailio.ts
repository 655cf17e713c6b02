/**
 * Debian's Kamailio as a stateful proxy that records its route, and with rtpengine in user space beside it when sound is to be carried: what the
 * two cost together is what a bridged call costs without a B2BUA.
 */

import { execFileSync } from 'node:child_process'
import { freePort } from '../../test/peers/free-port.ts'
import { startKamailio } from '../../test/peers/kamailio.ts'
import type { Measured } from './process-tree.ts'
import { rtpengineVersion, startRtpengine } from './rtpengine.ts'

const MODULES = ['tm', 'sl', 'rr', 'pv', 'maxfwd', 'textops', 'siputils']
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
export async function startProxy(folder: string, pbxPort: number, withRtpengine: boolean): Promise<Measured> {
  const [sipPort, controlPort] = [await freePort(), await freePort()]
  const engine = withRtpengine ? startRtpengine(controlPort, RTP_PORTS) : undefined
  const engineEnded = new Promise<void>((done) => {
    if (engine === undefined) return done()
    engine.once('exit', () => done())
    engine.once('error', () => done())
  })
  const stopEngine = async (): Promise<void> => {
    engine?.kill('SIGTERM')
    await engineEnded
  }
  try {
    const { processId, stop } = await startKamailio({
      folder,
      port: sipPort,
      modules: [...MODULES, ...(withRtpengine ? ['rtpengine'] : [])],
      script: scriptOf(pbxPort, withRtpengine ? controlPort : undefined),
    })
    const ids = engine === undefined ? [processId] : [engine.pid ?? 0, processId]
    return {
      name: withRtpengine ? 'Kamailio and rtpengine' : 'Kamailio, proxy',
      sipPort,
      processIds: ids,
      stop: async () => void (await Promise.all([stop(), stopEngine()])),
    }
  } catch (thrown) {
    await stopEngine()
    throw thrown
  }
}

function scriptOf(pbxPort: number, controlPort: number | undefined): string {
  const withSound = controlPort !== undefined
  const sound = (line: string): string => (withSound ? line : '')
  return `${sound(`modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${controlPort}")`)}

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
