/** The relay in C that does the least a relay must, `rtp-relay.c`, as the limit. */

import { CORES } from './cores.ts'
import { compile, run } from './program.ts'
import type { RelayKind } from './relay.ts'

/** @param folder for the program. */
export function cRelay(folder: string): RelayKind {
  const program = compile('rtp-relay', folder)
  return {
    name: 'C relay',
    warmUpMs: 1000,
    async start(calls) {
      const relay = run(program, [calls, CORES.relay])
      return {
        pid: relay.pid,
        async connect(legs) {
          const ports = (await relay.line()).trim().split(' ').map(Number)
          relay.write(`${legs.map(({ port }) => port).join('\n')}\n`)
          await relay.line()
          return ports.map((port) => ({ port }))
        },
        stop: () => relay.stop(),
      }
    },
  }
}
