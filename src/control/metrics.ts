/**
 * What this node has done and how busy it is, as the text that Prometheus reads: calls, secure sessions by outcome, the sound of legs that
 * have ended, media processes. Counts and words of fixed lists; no number of a call or a person.
 */

import type { CallEvent, TrunkLoad } from '../call/index.ts'
import type { HistoryStats } from '../history/index.ts'
import type { MediaProcessView } from '../media/pool.ts'
import type { TargetView, TrunkView } from '../sip/index.ts'
import { type AddInLoad, addInFamilies } from './add-in-metrics.ts'
import type { AdmissionView } from './admission.ts'
import { familyLines, headLines, type Labels, writtenLabels, writtenValue } from './exposition.ts'
import { historyFamilies } from './history-metrics.ts'
import { lineFamilies } from './line-metrics.ts'
import { admissionFamilies, mediaFamilies } from './load-metrics.ts'
import { type Records, recordFamilies } from './record-metrics.ts'
import { sipFamilies } from './sip-metrics.ts'
import { textFamilies } from './text-metrics.ts'
import { trunkFamilies } from './trunk-metrics.ts'

export type Gauges = Records & {
  readonly ready: boolean
  readonly draining: boolean
  readonly calls: number
  readonly vaults: number
  readonly admission: AdmissionView
  readonly mediaProcesses: readonly MediaProcessView[]
  readonly lines: readonly TrunkLoad[]
  /** What the sip room counted, by name. */
  readonly sip: Readonly<Record<string, number>>
  readonly trunks: readonly TrunkView[]
  readonly targets: readonly TargetView[]
  readonly history: HistoryStats
  readonly addIns: AddInLoad
}

export type Metrics = {
  /** Counts what happened. */
  take(event: CallEvent): void
  /** @returns the page. */
  text(gauges: Gauges): string
}

type Measured = Extract<CallEvent, { readonly type: 'call.measured' }>['quality']

/** Upper bounds of the buckets. */
const BOUNDS = {
  sotto_leg_jitter_seconds: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
  sotto_leg_round_trip_seconds: [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1],
  sotto_leg_loss_ratio: [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1],
  sotto_leg_mos: [1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.4],
} as const
type HistogramName = keyof typeof BOUNDS

const HELP = {
  sotto_ready: 'Whether everything has started and a vault runs.',
  sotto_draining: 'Whether no new calls are taken, and running ones finish.',
  sotto_calls: 'Calls that stand.',
  sotto_vaults: 'Vault processes that run.',
  sotto_calls_ended_total: 'Calls that have ended, by why.',
  sotto_recordings_total:
    'Recordings, by what became of them: ended as they should, failed, or resumed after they had failed.',
  sotto_recording_bytes_total: 'Bytes of recordings that have ended, sealed.',
  sotto_secure_sessions_total: 'Secure sessions that have ended, by outcome.',
  sotto_rtp_packets_received_total: 'Packets taken from far ends, on legs that have ended.',
  sotto_rtp_packets_sent_total: 'Packets sent to far ends, on legs that have ended.',
  sotto_rtp_packets_lost_total: 'Packets that far ends sent and that did not arrive, on legs that have ended.',
  sotto_rtp_packets_dropped_total: 'Packets that arrived and were dropped, on legs that have ended, by why.',
  sotto_leg_jitter_seconds: 'Interarrival jitter (RFC 3550) at the end of a leg.',
  sotto_leg_round_trip_seconds: 'Last round trip by RTCP of a leg.',
  sotto_leg_loss_ratio: 'Share of packets of a leg that did not arrive.',
  sotto_leg_mos: 'Mean opinion score of a leg by the E-model (ITU-T G.107), of what was received and of what was sent.',
} as const
type Name = keyof typeof HELP

/** Packets that were dropped, as the label and as the media process calls them. */
const DROPPED = {
  stranger: 'strangers',
  unusable: 'unusable',
  implausible: 'implausible',
  forged: 'forged',
  replayed: 'replayed',
} as const satisfies Record<string, keyof Measured>

/** Labels whose values are those of a list, each of which begins at 0: of a counter that appears with its first event, Prometheus sees no increase. */
const FROM_THE_START = {
  sotto_calls_ended_total: {
    ending: {
      ...{ 'caller-hung-up': 0, 'agent-hung-up': 0, cancelled: 0, refused: 0, 'no-answer': 0, 'not-routed': 0 },
      ...{ 'no-audio': 0, 'media-lost': 0, 'hung-up-by-us': 0, 'vault-stuck': 0, 'caller-unreachable': 0 },
      ...{ transferred: 0, 'transfer-failed': 0 },
    } satisfies Record<Extract<CallEvent, { readonly type: 'call.ended' }>['ending'], 0>,
  },
  sotto_recordings_total: { state: { ended: 0, failed: 0, resumed: 0 } },
  sotto_secure_sessions_total: {
    outcome: { accepted: 0, declined: 0, failed: 0 } satisfies Record<
      Extract<CallEvent, { readonly type: 'secure.ended' }>['outcome']['result'],
      0
    >,
  },
} as const satisfies Partial<Record<Name, Readonly<Record<string, Readonly<Record<string, 0>>>>>>
const SIDES = { caller: 0, agent: 0 } satisfies Record<
  Extract<CallEvent, { readonly type: 'call.measured' }>['side'],
  0
>

type Histogram = { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }

export function createMetrics(): Metrics {
  const counters = new Map<Name, Map<string, number>>()
  const histograms = new Map<HistogramName, Map<string, Histogram>>()

  const add = (name: Name, labels: Labels, by = 1) => {
    const rows = counters.get(name) ?? new Map<string, number>()
    counters.set(name, rows)
    const key = writtenLabels(labels)
    rows.set(key, (rows.get(key) ?? 0) + by)
  }
  const observe = (name: HistogramName, labels: Labels, value: number | undefined) => {
    if (value === undefined) return
    const rows = histograms.get(name) ?? new Map<string, Histogram>()
    histograms.set(name, rows)
    const key = writtenLabels(labels)
    const row = rows.get(key) ?? { labels, counts: BOUNDS[name].map(() => 0), sum: 0, count: 0 }
    rows.set(key, row)
    for (const [at, bound] of BOUNDS[name].entries()) if (value <= bound) row.counts[at] = (row.counts[at] ?? 0) + 1
    row.sum += value
    row.count++
  }
  const measured = (side: string, quality: Measured) => {
    add('sotto_rtp_packets_received_total', { side }, quality.packetsReceived)
    add('sotto_rtp_packets_sent_total', { side }, quality.packetsSent)
    add('sotto_rtp_packets_lost_total', { side }, Math.max(0, quality.packetsLost))
    for (const [why, name] of Object.entries(DROPPED))
      add('sotto_rtp_packets_dropped_total', { side, why }, quality[name])
    observe('sotto_leg_mos', { side, direction: 'received' }, quality.mosReceived)
    observe('sotto_leg_mos', { side, direction: 'sent' }, quality.mosSent)
    const { roundTripMs, packetsExpected, packetsLost } = quality
    observe('sotto_leg_round_trip_seconds', { side }, roundTripMs === undefined ? undefined : roundTripMs / 1000)
    if (packetsExpected === 0) return
    observe('sotto_leg_jitter_seconds', { side }, quality.jitterMs / 1000)
    observe('sotto_leg_loss_ratio', { side }, Math.max(0, packetsLost) / packetsExpected)
  }

  for (const [name, labels] of Object.entries(FROM_THE_START))
    for (const [label, values] of Object.entries(labels))
      for (const value of Object.keys(values)) add(name as Name, { [label]: value }, 0)
  add('sotto_recording_bytes_total', {}, 0)
  for (const side of Object.keys(SIDES)) {
    for (const what of ['received', 'sent', 'lost'] as const) add(`sotto_rtp_packets_${what}_total`, { side }, 0)
    for (const why of Object.keys(DROPPED)) add('sotto_rtp_packets_dropped_total', { side, why }, 0)
  }

  return {
    take(event) {
      if (event.type === 'call.ended') add('sotto_calls_ended_total', { ending: event.ending })
      if (event.type === 'secure.ended') add('sotto_secure_sessions_total', { outcome: event.outcome.result })
      if (event.type === 'recording.failed') add('sotto_recordings_total', { state: 'failed' })
      if (event.type === 'recording.resumed') add('sotto_recordings_total', { state: 'resumed' })
      if (event.type === 'recording.ended' && event.octets > 0) {
        add('sotto_recordings_total', { state: 'ended' })
        add('sotto_recording_bytes_total', {}, event.octets)
      }
      if (event.type === 'call.measured') measured(event.side, event.quality)
    },
    text(gauges) {
      const lines: string[] = []
      const head = (name: Name, type: 'gauge' | 'counter' | 'histogram') =>
        lines.push(...headLines(name, type, HELP[name]))
      for (const name of ['ready', 'draining', 'calls', 'vaults'] as const) {
        head(`sotto_${name}`, 'gauge')
        lines.push(`sotto_${name} ${Number(gauges[name])}`)
      }
      for (const family of [
        ...admissionFamilies(gauges.admission),
        ...mediaFamilies(gauges.mediaProcesses),
        ...sipFamilies(gauges.sip),
        ...textFamilies(gauges.sip),
        ...trunkFamilies(gauges.trunks, gauges.targets),
        ...lineFamilies(gauges.lines),
        ...historyFamilies(gauges.history),
        ...recordFamilies(gauges),
        ...addInFamilies(gauges.addIns),
      ]) {
        lines.push(...familyLines(family))
      }
      for (const [name, rows] of counters) {
        head(name, 'counter')
        for (const [labels, value] of rows) lines.push(`${name}${labels} ${value}`)
      }
      for (const [name, rows] of histograms) {
        head(name, 'histogram')
        for (const row of rows.values()) lines.push(...linesOf(name, row))
      }
      return `${lines.join('\n')}\n`
    },
  }
}

function linesOf(name: HistogramName, { labels, counts, sum, count }: Histogram): string[] {
  const buckets = BOUNDS[name].map(
    (bound, at) => `${name}_bucket${writtenLabels({ ...labels, le: String(bound) })} ${counts[at]}`,
  )
  return [
    ...buckets,
    `${name}_bucket${writtenLabels({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${writtenLabels(labels)} ${writtenValue(sum)}`,
    `${name}_count${writtenLabels(labels)} ${count}`,
  ]
}
