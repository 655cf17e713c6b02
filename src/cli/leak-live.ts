/**
 * The leak test of a running server. Two ways to get a number into it: a pair of softphones of our own places a call, as a trunk and as an
 * account that are set up for tests; or the operator keys a number of a test card on a call himself, and names it in a file. Nothing is stopped and nothing
 * crashes here: images that would need that are not made, and the report says what stands for them.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readEvents } from '../demo/server-child.ts'
import type { TimelineEvent } from '../demo/timeline.ts'
import { pause, until } from '../demo/waiting.ts'
import { searchLogs, searchRecordings, searchWritten } from '../leak/file-sinks.ts'
import { searchLegs } from '../leak/leg-search.ts'
import { searchLines } from '../leak/line-search.ts'
import { holdingStill, searchHardening, searchHeaps, searchMemories } from '../leak/process-search.ts'
import { looked, notSearched, type SinkReport } from '../leak/report.ts'
import { processesOf, type Role } from '../leak/server-processes.ts'
import { searchSwap } from '../leak/swap-search.ts'
import { startWireCapture, type WireCapture } from '../leak/wire-capture.ts'
import { type LeakScene, readSecretFile } from './leak-arguments.ts'
import { type LiveCall, openPair, type Pair } from './leak-pair.ts'

export type LiveArgs = {
  /** Process id of `sotto start`. */
  readonly server: number
  readonly api: string
  readonly tokenFile: string
  /** Undefined when the operator keys the number himself. */
  readonly call: LiveCall | undefined
  /** Addresses that callers' sound comes from, and those that the server sends sound from. */
  readonly callers: readonly string[]
  readonly servers: readonly string[]
  readonly networkInterface: string
  readonly logs: readonly string[]
  readonly folders: readonly string[]
  readonly recordings: readonly string[]
  /** Folder that the server writes heap snapshots to, when it was started for it. */
  readonly snapshots: string | undefined
  /** How long a session may take to come and to end, seconds. */
  readonly waitSeconds: number
}

const WIPED_MS = 1000
const CALL_LIMIT_MS = 30_000
/** What a live server\u2019s core file would be made of is read while it runs. */
const INSTEAD_OF_CORE = 'none is made of a server that serves people: its pages are those of the memory search'

/** @returns a report for each sink. @throws Error when no session is seen. */
export async function searchLive(args: LiveArgs, scene: LeakScene): Promise<readonly SinkReport[]> {
  const { needles, say } = scene
  const own = join(scene.folder, 'search')
  mkdirSync(own, { mode: 0o700 })
  const sinceMs = Date.now()
  const events: TimelineEvent[] = []
  let texts = ''
  const listening = new AbortController()
  const headers = { authorization: `Bearer ${readSecretFile(args.tokenFile)}` }
  const stream = await fetch(new URL('/api/v1/events', args.api), { headers, signal: listening.signal })
  if (!stream.ok) throw new Error(`the API refuses its events: HTTP ${stream.status}`)
  void readEvents(stream, { onEvent: (event) => events.push(event), onText: (text) => (texts += text) })
  const capture = await startWireCapture(own, '', args.networkInterface).catch((thrown: Error) => thrown.message)
  try {
    const pair = args.call === undefined ? undefined : await openPair(args.call)
    const reports = await searchSession(
      args,
      scene,
      events,
      async (path, body) => {
        const answer = await fetch(new URL(path, args.api), {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        texts += `${await answer.text()}\n`
        if (answer.status !== 202) throw new Error(`the secure session was refused: HTTP ${answer.status}`)
      },
      pair,
    )
    const processes = processesOf(args.server)
    say('Searching files, logs, answers, events and the wire.')
    reports.push(
      ...(['control', 'media', 'vault'] as const).map((role) => looked(`core file: ${role}`, INSTEAD_OF_CORE, [])),
      searchSwap(processes, needles),
      searchWritten({ pids: processes.map(({ pid }) => pid), folders: args.folders, sinceMs, except: [own] }, needles),
      searchLogs(args.logs, needles),
      looked(
        'API answers and events',
        `${(texts.length / 1000).toFixed(0)} kB`,
        searchLines(texts, needles, 'the API'),
      ),
      searchRecordings(args.recordings, sinceMs, needles),
      ...(await wireReports(capture, args, scene, pair)),
    )
    return reports
  } finally {
    listening.abort()
    if (typeof capture !== 'string') await capture.stop().catch(() => undefined)
  }
}

type Start = (path: string, body: object) => Promise<void>

async function searchSession(
  args: LiveArgs,
  scene: LeakScene,
  events: readonly TimelineEvent[],
  start: Start,
  pair: Pair | undefined,
): Promise<SinkReport[]> {
  const { needles, say, number } = scene
  const of = (...roles: readonly Role[]) => ({
    processes: processesOf(args.server).filter(({ role }) => roles.includes(role)),
    needles,
  })
  const limitMs = args.waitSeconds * 1000
  try {
    let callId: string
    if (args.call === undefined || pair === undefined) {
      say('Ask for a secure session in a test call now and key the number. Nothing else of this server is disturbed.')
      callId = await tested(events, ({ type }) => type === 'secure.requested', limitMs)
    } else {
      const { account, number: dialled } = args.call
      say(`Calling ${dialled} from ${args.call.from}.`)
      await pair.connect(dialled)
      callId = await tested(events, ({ type, agent }) => type === 'call.bridged' && agent === account, CALL_LIMIT_MS)
      await start(`/api/v1/calls/${callId}/secure-sessions`, {})
    }
    const ours = (): readonly TimelineEvent[] => events.filter((event) => event['callId'] === callId)
    const comes = (type: string): Promise<void> =>
      until(() => ours().some((event) => event.type === type), type, limitMs)
    await comes('secure.asking')
    await pair?.key(number)
    await comes('secure.taken')
    say('The number is keyed. Searching the memory of control and media.')
    const reports = [...searchMemories(of('control', 'media'), 'while the session runs')]
    await Promise.race([
      comes('secure.wiped'),
      pair?.keyOn(ours, () => ours().some(({ type }) => type === 'secure.wiped')),
    ])
    await comes('secure.wiped')
    await pause(WIPED_MS)
    say('It is wiped. Searching the memory of every process.')
    reports.push(...searchMemories(of('control', 'media', 'vault'), 'after the session'))
    reports.push(searchHardening(of('vault'), undefined))
    reports.push(...(await heapReports(args, of)))
    await comes('secure.ended')
    return reports
  } finally {
    await pair?.close()
  }
}

async function heapReports(
  { server, snapshots }: LiveArgs,
  of: (...roles: readonly Role[]) => Parameters<typeof searchHeaps>[0],
): Promise<readonly SinkReport[]> {
  if (snapshots === undefined) {
    const why =
      'it stops the process for a moment: allow it with --snapshots FOLDER, and start the server with --heapsnapshot-signal=SIGUSR2'
    return [notSearched('heap snapshot: control', why), notSearched('heap snapshot: media', why)]
  }
  const media = await holdingStill(server, () => searchHeaps(of('media'), snapshots, 'after the session'))
  return [...media, ...(await searchHeaps(of('control'), snapshots, 'after the session'))]
}

/** @returns the id of the call that is tested: ours, or the next one in which a session is asked for. */
async function tested(events: readonly TimelineEvent[], fits: (event: TimelineEvent) => boolean, limitMs: number) {
  await until(() => events.some(fits), 'a session in a test call', limitMs)
  return String(events.find(fits)?.['callId'])
}

async function wireReports(
  capture: WireCapture | string,
  { callers, servers }: LiveArgs,
  { needles }: LeakScene,
  pair: Pair | undefined,
): Promise<readonly SinkReport[]> {
  if (typeof capture === 'string') return [notSearched('everything on the wire, RTP legs', capture)]
  const ends = pair === undefined ? { callers } : { callers: [pair.ends.caller], agent: pair.ends.agent }
  return searchLegs(await capture.stop(), needles, { ...ends, servers, nobodyElseKeys: false })
}
