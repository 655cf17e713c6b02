/** Which UDP ports processes have, as the kernel lists them. Linux only. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** @returns ports of IPv4 that sockets of these processes are bound to, from `/proc/net/udp` (proc_net(5)) and `/proc/PID/fd`. */
export function udpPortsOf(processIds: readonly number[]): readonly number[] {
  const inodes = new Set(processIds.flatMap(socketsOf))
  const lines = readFileSync('/proc/net/udp', 'latin1').trim().split('\n').slice(1)
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [address = '', inode = ''] = [fields[1], fields[9]]
    return inodes.has(inode) ? [Number.parseInt(address.split(':')[1] ?? '', 16)] : []
  })
}

/** @returns inodes of the sockets that a process has open. */
function socketsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? []
    } catch {
      // It was closed since it was listed.
      return []
    }
  })
}
