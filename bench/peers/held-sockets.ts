/** Which sockets some processes have, and which of those the kernel still has (proc_pid_fd(5), proc_net(5)): others on the machine may have the same ports a moment later. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTS = ['udp', 'udp6', 'tcp', 'tcp6'] as const

/** @returns their inodes. */
export function socketsOf(processIds: readonly number[]): ReadonlySet<string> {
  const links = processIds.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)))
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
}

/** @returns what those are that have a port, such as `udp 0100007F:4E20`. */
export function withPort(sockets: ReadonlySet<string>): readonly string[] {
  return LISTS.flatMap((list) =>
    readFileSync(`/proc/net/${list}`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => sockets.has(columns[9] ?? ''))
      .map(([, local]) => `${list} ${local}`),
  )
}

/** A file may be closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
