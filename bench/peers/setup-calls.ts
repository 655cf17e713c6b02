/** Calls without sound for measuring set-ups: callers and callees by sipp, each call a while of talk long, begun at one rate. */

import { join, resolve } from 'node:path'
import { type Sipp, startSipp } from '../../test/peers/sipp.ts'
import { waiting } from '../../test/peers/sipp-sound.ts'
import { TRUNK_ADDRESS } from '../../test/peers/sotto.ts'
import { CORES, pin } from './cores.ts'
import type { Measured } from './process-tree.ts'

const FIXTURES = resolve(import.meta.dirname, '../../test/fixtures/sipp')
const GRACE_SECONDS = 60
/** What holds sipp up on a busy machine is no reason for it to give up after an hour of calls. */
const PATIENT = ['-watchdog_minor_maxtriggers', '1000000', '-watchdog_major_maxtriggers', '1000000']

export type SetupCalls = {
  readonly folder: string
  readonly rate: number
  readonly calls: number
  readonly talkMs: number
  /** The callers and callees have a core, and the server has the other. */
  readonly pinned: boolean
}

export type RunningCalls<S extends Measured> = {
  readonly server: S
  /** When the last call has ended. */
  readonly ended: Promise<{ readonly failed: number; readonly resent: number }>
  close(): Promise<void>
}

/** Starts callees, the server, and then the callers. */
export async function startSetupCalls<S extends Measured>(
  options: SetupCalls,
  start: (folder: string, pbxPort: number) => Promise<S>,
): Promise<RunningCalls<S>> {
  const { folder, rate, calls, talkMs } = options
  const limitSeconds = calls / rate + talkMs / 1000 + GRACE_SECONDS
  const common = { transport: 'udp', calls, rate, limitSeconds, more: PATIENT } as const
  const pbx = await startSipp({
    ...common,
    folder: join(folder, 'pbx'),
    scenarioFile: join(FIXTURES, 'pbx.xml'),
    fill: {},
  })
  let server: S | undefined
  const close = async (): Promise<void> => {
    pbx.stop()
    await server?.stop()
    await pbx.ended
  }
  try {
    server = await start(folder, pbx.port)
    const callers = await startSipp({
      ...common,
      folder: join(folder, 'callers'),
      scenarioFile: join(FIXTURES, 'caller.xml'),
      fill: { TURNS: waiting(talkMs) },
      target: `127.0.0.1:${server.sipPort}`,
      service: '300',
      address: TRUNK_ADDRESS,
    })
    if (options.pinned) for (const each of [pbx, callers]) pin(each.processId, CORES.load)
    return { server, ended: outcome(callers, calls), close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

async function outcome({ ended }: Sipp, calls: number): Promise<{ readonly failed: number; readonly resent: number }> {
  const { output } = await ended
  return { failed: calls - successful(output), resent: resent(output) }
}

/** @returns how many calls went as the scenario says, from the last screen that sipp printed. */
function successful(output: string): number {
  return Number(/Successful call[^|]*\|[^|]*\| *(\d+)/.exec(output)?.[1] ?? 0)
}

/** @returns how many messages sipp sent again, from the columns of its scenario screen: messages, sent again, timed out. */
function resent(output: string): number {
  const rows = output.matchAll(/^ +[A-Z]+ -+> +(?:\S+ )?(\d+) +(\d+) /gm)
  return [...rows].reduce((sum, [, , again]) => sum + Number(again), 0)
}
