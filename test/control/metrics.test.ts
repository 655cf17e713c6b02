import t from 'tap'
import type { CallEvent } from '../../src/call/index.ts'
import { createMetrics } from '../../src/control/metrics.ts'

const gauges = { ready: true, draining: false, calls: 3, vaults: 2 }
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
  t.match(page, 'sotto_ready 1\n')
  t.match(page, 'sotto_draining 0\n')
})

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
