/**
 * The stage of a crowd of calls at once: a server, a validation service and an ear on the wire. Each call gets its secure session as soon as
 * caller and agent hear each other; afterwards all of them are judged.
 */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startWireCapture } from '../../src/leak/wire-capture.ts'
import { callsOnWire, segmentsOf } from '../peers/call-wire.ts'
import { requestBody, type TestCard } from '../peers/cards.ts'
import { measureCpu } from '../peers/process-times.ts'
import type { Sipp } from '../peers/sipp.ts'
import { type Sotto, type SottoOptions, startSotto } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'
import { callsOf, find, flawsOf, type Gap, type Hums } from './crowd-verdict.ts'

export const CALLER_HUM_HZ = 1850
export const AGENT_HUM_HZ = 2150
export const LIMIT_SECONDS = 100
/** Old phones, baresip 1.0 among them, give up when they are offered SHA-256. */
const OLD_PHONES = ['digestAlgorithms: [MD5]']

export type Stage = {
  readonly sotto: Sotto
  /** What is captured, for other readers. */
  readonly captureFile: string
  /** A folder of the story's. */
  folderOf(name: string): string
  /** Until so many calls have come so far. */
  all(type: string, calls: number, limitMs: number): Promise<unknown>
  /** Processor time of everybody from now on. */
  measure(others: Readonly<Record<string, number>>): () => Record<string, number>
  /** After the last call: what every call of the crowd must have been. @param card what call `n` keyed, counted from 1. */
  judge(calls: number, card: (n: number) => TestCard, hums: Hums): Promise<void>
}

/** @param ports media ports of the server, so that its packets can be told from those of a test beside this one. */
export async function openStage(
  t: Test,
  ports: readonly [number, number],
  options: Partial<SottoOptions> = {},
): Promise<Stage> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/validate`,
    caText: validation.authority,
    sip: OLD_PHONES,
    more: `media: { portMin: ${ports[0]}, portMax: ${ports[1]} }`,
    ...options,
  })
  const folderOf = (name: string): string => {
    const folder = join(sotto.folder, name)
    mkdirSync(folder)
    return folder
  }
  const filter = `udp portrange ${ports[0]}-${ports[1]} or port ${sotto.sipPort}`
  const capture = await startWireCapture(folderOf('capture'), filter)
  t.teardown(() => capture.stop())
  const offset = clockOffset(t, sotto)
  const sessions = startSessionsOnBridging(t, sotto)
  const number = (type: string): number => sotto.events.filter((event) => event.type === type).length
  return {
    sotto,
    captureFile: capture.file,
    folderOf,
    all: (type, calls, limitMs) => sotto.event(() => number(type) >= calls, `${type}, ${calls} times`, limitMs),
    measure: (others) => {
      const { control, media, vault } = sotto.processes()
      const byName = Object.fromEntries(media.map((pid, i) => [`media ${i + 1}`, pid]))
      return measureCpu({ control, ...byName, vault: vault[0] ?? 0, ...others })
    },
    async judge(calls, card, hums) {
      await sotto.event(() => number('call.ended') === calls, 'all calls over')
      const { calls: left } = (await sotto.server.request('GET', '/api/v1/calls')).body as { readonly calls: unknown }
      t.strictSame(left, [], 'no call is left')
      t.strictSame(await sessions(), Array<number>(calls).fill(202), 'every session was taken on')
      const { segments, missing } = segmentsOf(await capture.stop())
      t.equal(missing, '', 'the capture is whole')
      const told = callsOf(sotto.events)
      t.strictSame(
        validation.requests.map(({ body }) => body.toString('latin1')).sort(),
        told.map((call) => requestBody(formOf(call.number), card(call.number))).sort(),
        'the right digits, each once',
      )
      const onWire = callsOnWire(segments, ports)
      const gaps: Gap[] = []
      for (const call of told) {
        const flaws = flawsOf(call, onWire.get(call.number), hums, offset(), gaps)
        t.strictSame(flaws, [], `call ${call.number}: accepted, parted, heard both ways, ended by the caller`)
      }
      t.equal(told.length, calls, 'no call too many')
      const took = told.map(({ events }) => Number(find(events, 'secure.parted')?.['tookMs']))
      t.comment(`parted after ${Math.max(...took).toFixed(0)} ms at most`)
      for (const { to, ms, sincePartedMs, sinceRejoinedMs } of gaps.sort((a, b) => b.ms - a.ms).slice(0, 4)) {
        const when = `${sincePartedMs.toFixed(0)} ms after parting, ${sinceRejoinedMs.toFixed(0)} ms after the rejoin`
        t.comment(`no packet to the ${to} for ${ms.toFixed(0)} ms until ${when}`)
      }
    },
  }
}

/** Waits for sipp. Its complaints are in the test's output when a call did not go as its scenario says. */
export async function sippEndsWell(t: Test, sipp: Sipp, folder: string): Promise<void> {
  const { code, output } = await sipp.ended
  const complaints = (): string => {
    try {
      return readFileSync(join(folder, 'errors.log'), 'utf8').slice(0, 3000)
    } catch {
      return output.slice(-3000)
    }
  }
  t.equal(code, 0, `sipp: every call as the scenario says${code === 0 ? '' : `\n${complaints()}`}`)
}

/** What the agent keys into the form of a call. */
function formOf(number: number): readonly { readonly name: string; readonly value: string }[] {
  return [{ name: 'account', value: `customer ${number}` }]
}

/** Starts a session in each call when it is bridged. @returns the function that tells the HTTP statuses. */
function startSessionsOnBridging(t: Test, sotto: Sotto): () => Promise<readonly number[]> {
  const answers: Promise<number>[] = []
  const seen = new Set<string>()
  const look = setInterval(() => {
    for (const { callId, number, events } of callsOf(sotto.events)) {
      if (seen.has(callId) || find(events, 'call.bridged') === undefined) continue
      seen.add(callId)
      answers.push(sotto.startSecureSession(callId, formOf(number)).then(({ status }) => status))
    }
  }, 20)
  t.teardown(() => clearInterval(look))
  return () => Promise.all(answers)
}

/** @returns the function that tells what must be added to the server's times to get milliseconds since 1970. */
function clockOffset(t: Test, sotto: Sotto): () => number {
  let seen = 0
  let least = Number.POSITIVE_INFINITY
  const look = setInterval(() => {
    // The event that came fastest tells the offset best.
    for (; seen < sotto.events.length; seen++) least = Math.min(least, Date.now() - (sotto.events[seen]?.atMs ?? 0))
  }, 2)
  t.teardown(() => clearInterval(look))
  return () => least
}
