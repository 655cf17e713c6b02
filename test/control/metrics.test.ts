import t from 'tap'
import type { CallEvent } from '../../src/call/index.ts'
import { createMetrics, type Gauges } from '../../src/control/metrics.ts'
import type { MediaProcessView } from '../../src/media/pool.ts'

const load = {
  lateMs: 1,
  ports: 6,
  freePairs: 194,
  receivedPerSecond: 150,
  sentPerSecond: 151,
  cpuShare: 0.123_456_789,
  memoryMegabytes: 64,
  skippedTicks: 0,
  broken: 0,
}
const process: MediaProcessView = {
  pid: 71,
  state: 'runs',
  portMin: 20_000,
  portMax: 20_399,
  calls: 3,
  beingReplaced: false,
  lateMs: 1.25,
  load,
  packetIo: { udp: 'addon' },
}
const gauges: Gauges = {
  trunks: [],
  targets: [],
  sip: { 'tls-handshake-failed': 3, dialogs: 8, 'message-passed': 5, 'message-numbers-masked': 2 },
  lines: [{ trunk: 'carrier', calls: 4, refused: { 'call.trunk-full': 2, 'call.trunk-too-fast': 1 } }],
  ready: true,
  draining: false,
  calls: 3,
  vaults: 2,
  admission: { takesCalls: true, fault: undefined, refused: 0, controlLateMs: 0 },
  mediaProcesses: [process],
  ...{ audit: true, accessLog: false, log: { available: true, dropped: 3 } },
  history: { available: true, waiting: 4, written: 12, dropped: 1 },
  addIns: {
    list: () => [
      { name: 'order-lookup', addIn: undefined, state: 'refused', problems: [], loadedAtMs: undefined } as const,
    ],
    health: () => ({ count: 5, failed: 2, lastProblem: undefined }),
  },
}
const ids = { atMs: 1, callId: 'call-bcd' }
const quality = {
  packetsReceived: 990,
  packetsSent: 1000,
  octetsReceived: 1,
  octetsSent: 1,
  packetsExpected: 1000,
  packetsLost: 10,
  jitterMs: 4,
  mostJitterMs: 9,
  sources: 1,
  rebound: 0,
  strangers: 7,
  unusable: 2,
  implausible: 1,
  forged: 0,
  replayed: 0,
}

t.test('before anything happened there is what stands now', async (t) => {
  const page = createMetrics().text(gauges)
  t.match(page, 'sotto_calls 3\n')
  t.match(page, 'sotto_trunk_calls{trunk="carrier"} 4\n')
  t.match(page, 'sotto_trunk_calls_refused_total{trunk="carrier",why="full"} 2\n')
  t.match(page, 'sotto_trunk_calls_refused_total{trunk="carrier",why="rate"} 1\n')
  t.match(page, 'sotto_ready 1\n')
  t.match(page, 'sotto_add_in_loaded{addin="order-lookup"} 0\n')
  t.match(page, 'sotto_lookups_total{addin="order-lookup"} 5\n')
  t.match(page, 'sotto_lookups_failed_total{addin="order-lookup"} 2\n')
  t.match(page, 'sotto_draining 0\n')
  t.match(page, 'sotto_takes_calls 1\n')
  t.match(page, 'sotto_calls_refused_total 0\n', 'a counter is there before it counts')
  t.match(page, 'sotto_sip_total{what="tls-handshake-failed"} 3\n')
  t.match(page, /^sotto_history_available 1$/m)
  t.match(page, /^sotto_history_waiting 4$/m)
  t.match(page, /^sotto_history_written_total 12$/m)
  t.match(page, /^sotto_history_dropped_total 1$/m)
  t.match(page, 'sotto_sip_open{what="dialogs"} 8\n')
  t.match(page, 'sotto_messages_total{outcome="passed"} 5\n')
  t.match(page, 'sotto_messages_total{outcome="unreadable"} 0\n')
  t.match(page, 'sotto_message_numbers_masked_total 2\n')
  t.notMatch(page, 'sotto_sip_total{what="message', 'texts are counted once')
  t.notMatch(page, 'sotto_sip_total{what="dialogs"}', 'what signalling has now is no counter')
})

t.test('what is counted by words of a list begins at 0, so that the first one is an increase', async (t) => {
  const page = createMetrics().text(gauges)
  for (const line of [
    ...['caller-hung-up', 'media-lost', 'vault-stuck', 'transfer-failed'].map(
      (ending) => `sotto_calls_ended_total{ending="${ending}"} 0`,
    ),
    ...['accepted', 'declined', 'failed'].map((outcome) => `sotto_secure_sessions_total{outcome="${outcome}"} 0`),
    ...['ended', 'failed', 'resumed'].map((state) => `sotto_recordings_total{state="${state}"} 0`),
    'sotto_recording_bytes_total 0',
    'sotto_rtp_packets_lost_total{side="agent"} 0',
    'sotto_rtp_packets_dropped_total{side="caller",why="forged"} 0',
  ]) {
    t.ok(page.split('\n').includes(line), line)
  }
})

t.test('each media process is told by its id, and whether calls are taken', async (t) => {
  const page = createMetrics().text({
    ...gauges,
    admission: { takesCalls: false, fault: 'media.full', refused: 12, controlLateMs: 30 },
    mediaProcesses: [
      { ...process, beingReplaced: true },
      { ...process, pid: 72, state: 'starts', calls: 0, lateMs: 0, load: undefined },
      { ...process, pid: 73, state: 'late', calls: 40, lateMs: 88 },
      { ...process, pid: 70, state: 'leaves', calls: 2, beingReplaced: true },
      { ...process, pid: undefined, state: 'waits', calls: 0, lateMs: 0, load: undefined },
    ],
  })
  const samples = page.split('\n').filter((line) => /^sotto_(?:media|takes|calls_refused|control)/.test(line))
  t.strictSame(samples, [
    'sotto_takes_calls 0',
    'sotto_calls_refused_total 12',
    'sotto_control_late_seconds 0.03',
    ...['waits', 'starts', 'runs', 'late', 'leaves'].map((state) => `sotto_media_processes{state="${state}"} 1`),
    ...rows('takes_calls', { 71: 1, 72: 0, 73: 0, 70: 0 }),
    ...rows('being_replaced', { 71: 1, 72: 0, 73: 0, 70: 1 }),
    ...rows('calls', { 71: 3, 72: 0, 73: 40, 70: 2 }),
    ...rows('ports', { 71: 6, 73: 6, 70: 6 }),
    ...rows('free_port_pairs', { 71: 194, 73: 194, 70: 194 }),
    ...rows('late_seconds', { 71: 0.00125, 73: 0.088, 70: 0.00125 }),
    ...rows('cpu_ratio', { 71: 0.123457, 73: 0.123457, 70: 0.123457 }),
    ...rows('memory_bytes', { 71: 67108864, 73: 67108864, 70: 67108864 }),
  ])
  for (const sample of samples) {
    const [name = ''] = /^[a-z_]+/.exec(sample) ?? []
    t.match(page, new RegExp(`^# HELP ${name} [A-Z].*\\.$`, 'm'))
    t.match(page, new RegExp(`^# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}$`, 'm'))
  }
})

/** The samples of one metric, in the order of the processes. */
function rows(name: string, byPid: Readonly<Record<number, number>>): readonly string[] {
  return [71, 72, 73, 70].flatMap((pid) =>
    byPid[pid] === undefined ? [] : [`sotto_media_${name}{pid="${pid}"} ${byPid[pid]}`],
  )
}

t.test('what happened is counted, by words of fixed lists', async (t) => {
  const metrics = createMetrics()
  const ended: CallEvent = {
    type: 'call.ended',
    ...ids,
    ending: 'caller-hung-up',
    durationMs: 1,
    talkMs: 1,
    secureSessions: 1,
  }
  metrics.take(ended)
  metrics.take(ended)
  metrics.take({ type: 'call.arrived', ...ids, origin: 'trunk', from: '+491', to: '100' })
  metrics.take({ type: 'call.measured', ...ids, side: 'caller', quality: { ...quality, mosReceived: 4.1 } })
  metrics.take({
    type: 'call.measured',
    ...ids,
    side: 'caller',
    quality: { ...quality, mosReceived: 2.2, roundTripMs: 80 },
  })
  metrics.take({
    type: 'call.measured',
    ...ids,
    side: 'agent',
    quality: { ...quality, packetsExpected: 0, packetsLost: 0 },
  })
  const page = metrics.text(gauges)
  for (const line of [
    'sotto_calls_ended_total{ending="caller-hung-up"} 2',
    'sotto_rtp_packets_received_total{side="caller"} 1980',
    'sotto_rtp_packets_lost_total{side="caller"} 20',
    'sotto_rtp_packets_dropped_total{side="caller",why="stranger"} 14',
    'sotto_leg_mos_bucket{side="caller",direction="received",le="2"} 0',
    'sotto_leg_mos_bucket{side="caller",direction="received",le="2.5"} 1',
    'sotto_leg_mos_bucket{side="caller",direction="received",le="+Inf"} 2',
    'sotto_leg_mos_sum{side="caller",direction="received"} 6.3',
    'sotto_leg_mos_count{side="caller",direction="received"} 2',
    'sotto_leg_loss_ratio_bucket{side="caller",le="0.01"} 2',
    'sotto_leg_loss_ratio_bucket{side="caller",le="0.005"} 0',
    'sotto_leg_round_trip_seconds_count{side="caller"} 1',
    'sotto_leg_jitter_seconds_bucket{side="caller",le="0.005"} 2',
  ]) {
    t.ok(page.split('\n').includes(line), line)
  }
  t.notMatch(page, '+491')
  t.notMatch(page, 'sotto_leg_loss_ratio_count{side="agent"}', 'a leg that nothing came from has no quality')
})

t.test('the page has the form that Prometheus reads', async (t) => {
  const metrics = createMetrics()
  metrics.take({ type: 'call.measured', ...ids, side: 'caller', quality: { ...quality, mosReceived: 4.1 } })
  const typed = new Set<string>()
  for (const line of metrics.text(gauges).trimEnd().split('\n')) {
    const [, name] = /^# TYPE (\S+) (?:gauge|counter|histogram)$/.exec(line) ?? []
    if (name !== undefined) {
      t.notOk(typed.has(name), `${name} once`)
      typed.add(name)
      continue
    }
    if (line.startsWith('# HELP ')) continue
    const [, sample = ''] = /^([a-z_]+)(?:\{(?:[a-z]+="[^"]*",?)+\})? -?[0-9.]+$/.exec(line) ?? []
    t.ok(typed.has(sample.replace(/_(?:bucket|sum|count)$/, '')) || typed.has(sample), line)
  }
})

t.test('a recording that is nothing is none that has ended as it should', async (t) => {
  const metrics = createMetrics()
  metrics.take({ type: 'recording.failed', ...ids, fault: 'recording.interrupted' })
  metrics.take({ type: 'recording.ended', ...ids, octets: 0, segments: 0, lostMs: 61_000 })
  t.match(metrics.text(gauges), 'sotto_recordings_total{state="failed"} 1')
  t.match(metrics.text(gauges), 'sotto_recordings_total{state="ended"} 0')
  metrics.take({ type: 'recording.ended', ...ids, octets: 4096, segments: 2, lostMs: 0 })
  t.match(metrics.text(gauges), 'sotto_recordings_total{state="ended"} 1')
})
