/** Whether a program that says nothing when it is ready has its port by now, as the kernel lists sockets (proc_net(5)). */

import { readFileSync } from 'node:fs'

/** TCP_LISTEN in the fourth column. */
const LISTENS = '0A'

/** @returns whether somebody has a port of 127.0.0.1: UDP that is bound, or TCP that listens. */
export function isBound(transport: 'udp' | 'tcp', port: number): boolean {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync(`/proc/net/${transport}`, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, local, , state]) => local === place && (transport === 'udp' || state === LISTENS))
}
