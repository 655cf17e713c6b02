/** How busy this node is and whether it takes calls, as metrics: each media process by its id, which is also what a replacement is ordered by. */

import type { MediaProcessView } from '../media/pool.ts'
import type { AdmissionView } from './admission.ts'
import type { Family } from './exposition.ts'

const STATES = ['waits', 'starts', 'runs', 'late', 'leaves'] as const satisfies readonly MediaProcessView['state'][]
const OCTETS_PER_MEGABYTE = 1024 * 1024

export function admissionFamilies({ takesCalls, refused, controlLateMs }: AdmissionView): readonly Family[] {
  return [
    {
      name: 'sotto_takes_calls',
      type: 'gauge',
      help: 'Whether new calls are taken: not while media or signalling is late or there are no ports.',
      samples: [[{}, Number(takesCalls)]],
    },
    {
      name: 'sotto_calls_refused_total',
      type: 'counter',
      help: 'Calls refused with 503 because media or signalling was late or there were no ports.',
      samples: [[{}, refused]],
    },
    {
      name: 'sotto_control_late_seconds',
      type: 'gauge',
      help: 'How late signalling came to what was due, 99th percentile of the worst of the last five seconds.',
      samples: [[{}, controlLateMs / 1000]],
    },
  ]
}

export function mediaFamilies(processes: readonly MediaProcessView[]): readonly Family[] {
  const gauge = (name: string, help: string, of: (view: MediaProcessView) => number | undefined): Family => ({
    name: `sotto_media_${name}`,
    type: 'gauge',
    help,
    samples: processes.flatMap((view) => {
      const value = of(view)
      return view.pid === undefined || value === undefined ? [] : [[{ pid: String(view.pid) }, value] as const]
    }),
  })
  return [
    {
      name: 'sotto_media_processes',
      type: 'gauge',
      help: 'Media processes by state: waits to be restarted, starts, runs, late (takes no calls), leaves (was replaced).',
      samples: STATES.map((state) => [{ state }, processes.filter((view) => view.state === state).length]),
    },
    gauge('takes_calls', 'Whether a media process takes new calls.', ({ state }) => Number(state === 'runs')),
    gauge(
      'being_replaced',
      'Whether a media process is being replaced: another one starts, or it ends with its calls.',
      ({ beingReplaced }) => Number(beingReplaced),
    ),
    gauge('calls', 'Calls of a media process.', ({ calls }) => calls),
    gauge('ports', 'Open ports of a media process.', ({ load }) => load?.ports),
    gauge('free_port_pairs', 'Pairs of ports that a media process could open.', ({ load }) => load?.freePairs),
    gauge(
      'late_seconds',
      'How late a media process came to its beats, 99th percentile of the worst of the last five seconds.',
      ({ load, lateMs }) => (load === undefined ? undefined : lateMs / 1000),
    ),
    gauge('cpu_ratio', 'Processor time of a media process, part of one core.', ({ load }) => load?.cpuShare),
    gauge('memory_bytes', 'Resident memory of a media process.', ({ load }) =>
      load === undefined ? undefined : load.memoryMegabytes * OCTETS_PER_MEGABYTE,
    ),
  ]
}
