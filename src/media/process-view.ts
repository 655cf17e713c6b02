/** How a media process looks from outside: numbers for the API and metrics, one line for a person. */

import type { PacketIo } from './contract-process.ts'
import type { MediaProcessView } from './pool.ts'
import type { Worker } from './worker.ts'

/** @param otherwise its state when there is no process, or when it takes no new calls. @param beingReplaced another one is to take its place. */
export function viewOf(
  { portMin, portMax }: { readonly portMin: number; readonly portMax: number },
  worker: Worker | undefined,
  otherwise: 'waits' | 'leaves',
  beingReplaced: boolean,
): MediaProcessView {
  return {
    pid: worker?.pid,
    state: stateOf(worker, otherwise),
    portMin,
    portMax,
    calls: worker?.calls ?? 0,
    beingReplaced,
    lateMs: worker?.lateMs ?? 0,
    load: worker?.load,
    packetIo: worker?.process.packetIo,
  }
}

/** One line. */
export function describeProcess(view: MediaProcessView): string {
  const { pid, state, portMin, portMax, calls, load } = view
  const first = `media ${pid ?? '-'} ${STATES[state]}${said(view.packetIo)}, ports ${portMin} to ${portMax}, ${calls} calls`
  if (load === undefined) return first
  const packets = Math.round(load.receivedPerSecond + load.sentPerSecond)
  return [
    first,
    `${load.ports} ports`,
    `${packets} packets/s`,
    `${Math.round(load.cpuShare * 100)} % of a core`,
    `late by ${view.lateMs.toFixed(1)} ms`,
    `${load.memoryMegabytes} MB`,
  ].join(', ')
}

type NoAddon = Extract<PacketIo, { readonly udp: 'dgram' }>['because']

const NO_ADDON: Readonly<Record<NoAddon, string>> = {
  asked: 'asked not to be used',
  'not-linux': 'for Linux only',
  'not-built': 'not built: no C++ compiler was there at installation',
  'not-usable': 'not usable with this Node or this system',
}

const STATES: Readonly<Record<MediaProcessView['state'], string>> = {
  waits: 'waits to be restarted',
  starts: 'starts',
  runs: 'runs',
  late: 'runs (late, takes no more calls)',
  leaves: 'ends with its calls',
}

function stateOf(worker: Worker | undefined, otherwise: 'waits' | 'leaves'): MediaProcessView['state'] {
  if (worker === undefined || otherwise === 'leaves') return otherwise
  if (!worker.process.ready) return 'starts'
  return worker.late && worker.calls > 0 ? 'late' : 'runs'
}

/** How packets go, for the line that a person reads. */
function said(packetIo: PacketIo | undefined): string {
  if (packetIo === undefined) return ''
  return packetIo.udp === 'addon' ? ' with the UDP addon' : ` over node:dgram (addon ${NO_ADDON[packetIo.because]})`
}
