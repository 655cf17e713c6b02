/**
 * The leak test of a server of its own: the demo's stage, a call, and every search. Processes are stopped for their images in the middle of the
 * session, when the card number has been keyed; that is what a server of its own is for.
 */

import { randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { playCall } from '../demo/script.ts'
import { type Stage, type StageAddresses, setStage } from '../demo/stage.ts'
import { pause, until } from '../demo/waiting.ts'
import { crash } from '../leak/crash.ts'
import { searchLogs, searchRecordings, searchWritten } from '../leak/file-sinks.ts'
import { snapshotFlags } from '../leak/heap-snapshot.ts'
import { searchLegs } from '../leak/leg-search.ts'
import { searchLines } from '../leak/line-search.ts'
import { DATAGRAM, datagramNeedles, digitsOf } from '../leak/needles.ts'
import { holdingStill, searchHardening, searchHeaps, searchMemories } from '../leak/process-search.ts'
import { looked, notSearched, type SinkReport } from '../leak/report.ts'
import { processesOf, type Role, type ServerProcess } from '../leak/server-processes.ts'
import { searchSwap } from '../leak/swap-search.ts'
import { startWireCapture, type WireCapture } from '../leak/wire-capture.ts'
import type { LeakScene } from './leak-arguments.ts'

/** From the wipe on, until the vault's memory must hold nothing. */
const WIPED_MS = 1000
/** Of the phones' telephone-events, -dBm0. */
const EVENT_VOLUME = 10
/** Every step of the second call comes at once; only a busy machine makes it wait. */
const EVENT_LIMIT_MS = 30_000
/** The vault waits for keys while images are made. */
const PATIENCE_SECONDS = 240

/** @returns a report for each sink. @throws Error when the call does not go through. */
export async function searchDemo(cli: string, scene: LeakScene): Promise<readonly SinkReport[]> {
  const { say } = scene
  const [served, own] = [folderIn(scene.folder, 'server'), folderIn(scene.folder, 'search')]
  const [snapshots, cores] = [folderIn(own, 'heap'), folderIn(served, 'working')]
  const log = join(served, 'server.log')
  const sinceMs = Date.now()
  const addresses = ownAddresses()
  let texts = ''
  say('Starting a server, a validation service and two phones on loopback.')
  const capture = await startWireCapture(own, '').catch((thrown: Error) => thrown.message)
  let stage: Stage | undefined
  try {
    stage = await setStage({
      codec: 'PCMA',
      folder: served,
      cli,
      write: say,
      nodeFlags: snapshotFlags(snapshots),
      onText: (text) => {
        texts += text
      },
      coreFolder: cores,
      addresses,
      firstDigitSeconds: PATIENCE_SECONDS,
    })
    const control = stage.server.processId
    const reports = await searchCall(stage, scene, snapshots, log)
    const processes = processesOf(control)
    reports.push(searchSwap(processes, scene.needles))
    say('Searching the files that the server may have written.')
    const pids = processes.map(({ pid }) => pid)
    const except = [own]
    reports.push(searchWritten({ pids, folders: [served], sinceMs, except }, scene.needles))
    say('A second session, in the middle of which every process crashes.')
    await keyAgain(stage, scene.number)
    reports.push(...(await crash({ processes, needles: scene.needles, folder: cores }, 'while a session runs')))
    await stage.close()
    stage = undefined
    say('Searching logs, answers, events and everything on the wire.')
    reports.push(
      searchLogs([log], scene.needles),
      looked(
        'API answers and events',
        `${(texts.length / 1000).toFixed(0)} kB`,
        searchLines(texts, scene.needles, 'the API'),
      ),
      searchRecordings([], sinceMs, scene.needles),
      ...(await wireReports(capture, scene, addresses)),
    )
    return reports
  } finally {
    await stage?.close()
    if (typeof capture !== 'string') await capture.stop().catch(() => undefined)
  }
}

/** Plays the call and looks into processes while it stands. */
async function searchCall(
  stage: Stage,
  { number, needles, say }: LeakScene,
  snapshots: string,
  log: string,
): Promise<SinkReport[]> {
  const control = stage.server.processId
  const of = (...roles: readonly Role[]) => ({
    processes: processesOf(control).filter(({ role }: ServerProcess) => roles.includes(role)),
    needles,
  })
  const reports: SinkReport[] = []
  const during = 'while the session runs'
  await playCall(stage, {
    card: number,
    inband: false,
    featureCode: false,
    afterCard: async () => {
      say('The number is keyed. Searching memory and heap snapshots of control and media.')
      reports.push(...searchMemories(of('control', 'media'), during))
      await holdingStill(control, async () => {
        reports.push(...(await searchHeaps(of('media'), snapshots, during)))
      })
      reports.push(...(await searchHeaps(of('control'), snapshots, during)))
    },
    afterRejoin: async () => {
      await pause(WIPED_MS)
      const after = 'after the session'
      say('The session is over. Searching the memory of every process.')
      const datagrams = datagramNeedles(digitsOf(number), stage.caller.sound.ssrc, EVENT_VOLUME)
      reports.push(...searchMemories(of('control', 'media'), after))
      reports.push(...searchMemories({ ...of('vault'), needles: [...needles, ...datagrams] }, after).map(withoutLast))
      reports.push(searchHardening(of('vault'), readFileSync(log, 'utf8')))
    },
  })
  return reports
}

/** A call on to where the card number is taken. */
async function keyAgain({ caller, events, server }: Stage, number: string): Promise<void> {
  const from = events.length
  const comes = (type: string): Promise<void> =>
    until(() => events.slice(from).some((event) => event.type === type), type, EVENT_LIMIT_MS)
  await caller.call('100')
  await comes('call.bridged')
  const callId = String(events.slice(from).find(({ type }) => type === 'call.bridged')?.['callId'])
  await server.request('POST', `/api/v1/calls/${callId}/secure-sessions`, {})
  await comes('secure.asking')
  await caller.sound.press([...number].map(Number))
  await comes('secure.taken')
}

async function wireReports(
  capture: WireCapture | string,
  { needles }: LeakScene,
  addresses: StageAddresses,
): Promise<readonly SinkReport[]> {
  if (typeof capture === 'string') return [notSearched('everything on the wire, RTP legs', capture)]
  return searchLegs(await capture.stop(), needles, {
    callers: [addresses.trunk],
    servers: [addresses.server],
    nobodyElseKeys: true,
  })
}

/**
 * The memory that the system's octets pass through may hold the last datagram that came, which is one digit (docs/LEAK-TEST.md). Two kinds of keys
 * are more than that.
 */
function withoutLast(report: SinkReport): SinkReport {
  const isDatagram = ({ form }: { readonly form: string }): boolean => form.startsWith(DATAGRAM)
  const kinds = new Set(report.finds.filter(isDatagram).map(({ form }) => form))
  if (kinds.size !== 1) return report
  return {
    ...report,
    looked: `${report.looked}, the last datagram`,
    finds: report.finds.filter((find) => !isDatagram(find)),
  }
}

/** Addresses of loopback that nobody else is likely to use: another call on this machine is none of ours. */
function ownAddresses(): StageAddresses {
  const net = `127.${randomInt(16, 250)}.${randomInt(1, 250)}`
  return { server: `${net}.1`, trunk: `${net}.2`, agent: `${net}.3` }
}

function folderIn(folder: string, name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  chmodSync(path, 0o700)
  return path
}
