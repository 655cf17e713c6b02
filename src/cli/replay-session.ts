/**
 * `sotto replay FILE --session`: what a secure session would have made of a captured caller: keys, states and events, with times of the
 * capture. The same file gives the same octets on every machine, so that the output can be kept and compared. Digits are dots unless the
 * operator, whose file it is, asks for them.
 */

import type { ReplayedRecord } from '../audit/index.ts'
import { asFault, fault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import { parseFlowRef, planOf } from '../flow/index.ts'
import { findCaller } from '../replay/caller.ts'
import { impairmentFrom, UNIMPAIRED } from '../replay/impairment.ts'
import { type LogLine, type Rehearsal, rehearse, type Verdict } from '../replay/rehearsal.ts'
import { type FlowsScope, flowSettingsOf } from './flow-settings.ts'
import { openCapture } from './replay.ts'
import { recordsOf } from './replay-record.ts'

const KEYS = '0123456789*#ABCD'
const HIDDEN = '•'
/** The session begins so long before the first key when nothing else is asked for. */
const LEAD_MS = 1000

export type ReplaySessionArgs = {
  readonly file: string
  /** Number of the stream, from 1, as `sotto replay` lists them; the one with the most keys when absent. */
  readonly stream: number | undefined
  /** What the caller is asked for: `card-payment`, or `card-payment@2`. */
  readonly flow: string
  readonly flowsScope: FlowsScope
  readonly verdict: Verdict
  /** Seconds since the first packet when the session begins; a second before the first key when absent. */
  readonly beginSeconds: number | undefined
  /** How long each sentence takes that the caller hears. */
  readonly promptMs: number
  /** A worse network, as in `loss=10,jitter=60,seed=7`. */
  readonly impair: string | undefined
  readonly showDigits: boolean
  readonly json: boolean
}

/** @returns the exit code: 0 the session ended, 1 it did not or there is nothing to replay, 2 the arguments are wrong. */
export async function replaySession(args: ReplaySessionArgs, write: (line: string) => void): Promise<number> {
  const impairment = args.impair === undefined ? UNIMPAIRED : impairmentFrom(args.impair)
  if (impairment === undefined) {
    write('--impair is a list like loss=10,bursts=2,burst=3,duplicates=5,reordering=5,jitter=60,seed=7.')
    return 2
  }
  try {
    const plan = planFor(args.flow, args.flowsScope, write)
    if (plan === undefined) return 2
    const capture = await openCapture(args.file)
    const begunMs = capture.packets[0]?.atMs ?? 0
    const caller = findCaller(capture, args.stream)
    if (caller === undefined) throw fault('replay.not-playable')
    const asked = args.beginSeconds === undefined ? (caller.firstKeyMs ?? 0) - LEAD_MS : args.beginSeconds * 1000
    const beginMs = Math.max(0, asked)
    const rehearsal = rehearse({
      caller,
      plan: plan.plan,
      verdict: args.verdict,
      beginMs,
      capturedMs: begunMs,
      promptMs: args.promptMs,
      impairment,
    })
    const lines = rehearsal.log.map((line) => ({ atMs: rounded(line.atMs), ...told(line, args.showDigits) }))
    const head = {
      flow: plan.name,
      verdict: args.verdict,
      codec: caller.ticket.stream.codec,
      begunMs: rounded(beginMs),
      packets: caller.packets.length,
      packetsHeard: rehearsal.packetsHeard,
      ended: rehearsal.ended,
    }
    const records = recordsOf({
      flow: plan.flow,
      capturedMs: begunMs,
      beginMs,
      rehearsal,
    })
    for (const line of args.json ? jsonOf(head, lines, records) : textOf(head, lines, rehearsal, records)) write(line)
    return rehearsal.ended ? 0 : 1
  } catch (thrown) {
    const { code, row } = asFault(thrown)
    write(args.json ? JSON.stringify({ fault: code }) : `${args.file}: ${row.title}. ${row.advice}`)
    return 1
  }
}

/** No request is ever made with it. */
const VALIDATION: Plan['validation'] = {
  host: 'replay.invalid',
  port: 443,
  path: '/',
  authorities: [],
  timeoutMs: 10_000,
  format: 'xml',
  reply: 'strict',
  pins: [],
  retry: 'never',
  retries: 0,
}

/** @returns the plan of a published flow and its full name, or undefined after having said why there is none. */
function planFor(
  wanted: string,
  scope: FlowsScope,
  write: (line: string) => void,
):
  | { readonly name: string; readonly flow: { readonly id: string; readonly version: number }; readonly plan: Plan }
  | undefined {
  const settings = flowSettingsOf(scope, write)
  if (settings === undefined) return undefined
  const ref = parseFlowRef(wanted)
  const found = ref === undefined ? undefined : settings.flows.find(ref.id, ref.version)
  if (found?.result !== 'found') {
    const row = faults[found?.result === 'flow-not-usable' ? 'secure.flow-not-usable' : 'flow.not-found']
    write(`${wanted}: ${row.title}. ${row.advice}`)
    return undefined
  }
  const { flow, version } = found
  const order = { flow, defaults: settings.defaults, form: [], withDesk: false }
  return {
    name: `${flow.id}@${version}`,
    flow: { id: flow.id, version },
    plan: planOf({ ...order, transactionId: 'replay', validation: VALIDATION }),
  }
}

type Plan = ReturnType<typeof planOf>

type Told = { readonly what: string } & Readonly<Record<string, unknown>>

/** A line of the log without ids, and without digits unless they are wanted. */
function told(line: LogLine, showDigits: boolean): Told {
  if ('key' in line) return { what: 'key', key: showDigits ? KEYS.charAt(line.key) : HIDDEN }
  if ('state' in line) return { what: 'state', ...line.state }
  const { sessionId: _, type, ...rest } = line.event as { sessionId?: string; type: string } & Record<string, unknown>
  return { what: type, ...(showDigits ? rest : withoutLastFour(rest)) }
}

function withoutLastFour(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { outcome } = event
  if (typeof outcome !== 'object' || outcome === null || !('lastFour' in outcome)) return event
  return { ...event, outcome: { ...outcome, lastFour: HIDDEN.repeat(4) } }
}

/** One object, a line for each line of the log and for each audit record in its own octets, so that a difference shows where it is. */
function jsonOf(head: object, lines: readonly object[], records: readonly ReplayedRecord[]): string[] {
  const last = lines.length - 1
  return [
    `{ "session": ${JSON.stringify(head)},`,
    '  "log": [',
    ...lines.map((line, i) => `    ${JSON.stringify(line)}${i === last ? '' : ','}`),
    '  ],',
    `  "audit": { "signed": false, "digests": ${JSON.stringify(records.map(({ digest }) => digest))}, "records": [`,
    records.map(({ line }) => `    ${line}`).join(',\n'),
    '  ] } }',
  ]
}

function textOf(
  head: { readonly packets: number; readonly codec: string; readonly verdict: string },
  lines: readonly ({ readonly atMs: number } & Told)[],
  { packetsHeard, ended }: Rehearsal,
  records: readonly ReplayedRecord[],
): string[] {
  return [
    `${head.codec}, ${packetsHeard} of ${head.packets} packets heard; the service's verdict: ${head.verdict}`,
    ...lines.map(({ atMs, what, ...rest }) => {
      const values = Object.entries(rest).map(
        ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
      )
      return `${(atMs / 1000).toFixed(3).padStart(10)} s  ${what.padEnd(10)}  ${values.join(', ')}`.trimEnd()
    }),
    `audit record, signed by nobody: ${records.map(({ kind, digest }) => `${kind} ${digest}`).join(', ')}`,
    ended ? 'the session ended' : 'the session did not end',
  ]
}

/** To microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
