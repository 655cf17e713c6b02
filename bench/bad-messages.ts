/**
 * Every bad message that there is here, sent to a whole server over UDP and TCP: of the JAIN-SIP parser test, of the kinds that advisories tell of, every INVITE with one
 * broken field (`test/peers/broken-fields.ts`), sound messages mutated by a seed and by zzuf (R-04; `peers/zzuf.ts`), and the cases of the PROTOS suite c07-sip where a folder of them is given. OPTIONS is asked after each. Tells how
 * long the slowest of those took, what was answered that must not be, the heap of control after a collection, and what is left after 40 s; ends with code 1 where
 * a mark was missed.
 * Usage: node bench/bad-messages.ts [--protos FOLDER] [--between 3] [--mutated 20000] [--zzuf 20000] [--seed 1] [--only mutated,zzuf] [--causes]
 * Without zzuf on the machine its messages are left out, unless `--only` names them.
 * `--causes` also prints what held up control, and this process, while the slowest answers were waited for (`peers/hold-ups.ts`).
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Test } from 'tap'
import { type HoldUps, watchHoldUps } from '../src/demo/hold-ups.ts'
import { pause, until } from '../src/demo/waiting.ts'
import { startWireCapture } from '../src/leak/wire-capture.ts'
import { mutated } from '../test/fuzz/mutate.ts'
import { advisoryMessages } from '../test/peers/advisory-messages.ts'
import { type BadMessage, emptyTold, jainMessages, type SlowAnswer, sendBad } from '../test/peers/bad-messages.ts'
import { brokenFields } from '../test/peers/broken-fields.ts'
import { startRingingPhone } from '../test/peers/ringing-phone.ts'
import { startSotto } from '../test/peers/sotto.ts'
import { startValidationPeer } from '../test/peers/validation-peer.ts'
import { TORTURE } from '../test/sip/torture-rows.ts'
import type { HoldUp } from './peers/hold-ups.ts'
import type { Inside } from './peers/inside-control.ts'
import { whyNoZzuf, zzufed } from './peers/zzuf.ts'

/** Marks (R-02, R-03, R-04): ms until others are answered, and the same without what the machine took, MB of heap grown, s until nothing is left, ms that a case may take (90 s for the 4,527 of PROTOS). */
const MARKS = { probeMs: 500, ownMs: 250, grownMb: 20, leftSeconds: 40, caseMs: 20 }
const [OWN, STRAY, THIRD] = ['127.0.0.64', '127.0.0.65', '127.0.0.67']
const NUMBER = '300'

const { values } = parseArgs({
  options: {
    protos: { type: 'string' },
    between: { type: 'string', default: '3' },
    mutated: { type: 'string', default: '20000' },
    zzuf: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    causes: { type: 'boolean', default: false },
  },
})
const noZzuf = whyNoZzuf()
if (noZzuf !== undefined) {
  process.stdout.write(`${noZzuf}; its messages are left out\n`)
  if (values.only?.split(',').includes('zzuf') === true) process.exit(1)
}
const ends: (() => unknown)[] = []
const stage = { teardown: (end: () => unknown) => void ends.push(end), pass: () => true } as unknown as Test
const missed: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'sotto-bad-'))
const insideFile = join(folder, 'inside.log')
const holdUpsFile = join(folder, 'hold-ups.log')
const phone = await startRingingPhone(2000)
const validation = await startValidationPeer()
try {
  await run()
} finally {
  for (const end of ends.reverse()) await end()
  phone.close()
  await validation.close()
}
if (missed.length > 0) process.exitCode = 1

async function run(): Promise<void> {
  const sotto = await startSotto(stage, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    trunks: [`{ name: torturer, addresses: [${OWN}] }`],
    pbxUri: phone.uri,
    environment: { BENCH_INSIDE: insideFile, ...(values.causes ? { BENCH_HOLD_UPS: holdUpsFile } : {}) },
    nodeFlags: ['inside-control', 'hold-ups'].map((name) => `--import=${import.meta.resolve(`./peers/${name}.ts`)}`),
  })
  const server = `127.0.0.1:${sotto.sipPort}`
  const [here, ofControl] = [watchHoldUps(), watchHoldUps(() => [sotto.processes().control])]
  ends.push(
    () => here.close(),
    () => ofControl.close(),
  )
  const wire = await startWireCapture(folder, `host ${THIRD} or (host ${STRAY} and udp and src port ${sotto.sipPort})`)
  const before = sotto.processes()
  const processes = JSON.stringify(before)
  // What is compiled and kept from now on is there before it is measured.
  await sendBad(singly(jainMessages()), { transport: 'udp', port: sotto.sipPort, own: OWN, stray: STRAY, betweenMs: 0 }, emptyTold()) // biome-ignore format: one call
  const firstMb = await heapMb(before.control)
  const suites = (transport: 'udp' | 'tcp'): Readonly<Record<string, Iterable<readonly BadMessage[]>>> => ({
    jain: singly([...jainMessages(), ...jainMessages(THIRD)]),
    advisories: singly(advisoryMessages({ server, own: OWN, third: THIRD, number: NUMBER })),
    'broken fields': brokenFields().map((each) => {
      const of = { transport, server, own: OWN, number: NUMBER, run: transport }
      const all = [each.invite(of), each.teardown('CANCEL', of), each.teardown('ACK', of)]
      return all.map((octets) => ({ name: each.name, octets, isResponse: false }))
    }),
    mutated: mutations(advisoryMessages({ server, own: OWN, third: THIRD, number: NUMBER })),
    ...(noZzuf === undefined
      ? { zzuf: byZzuf(advisoryMessages({ server, own: OWN, third: THIRD, number: NUMBER })) }
      : {}),
    ...(values.protos === undefined ? {} : { protos: protosCases(values.protos, transport, server) }),
  })
  for (const transport of ['udp', 'tcp'] as const) {
    for (const [suite, groups] of Object.entries(suites(transport))) {
      if (values.only?.split(',').includes(suite) === false) continue
      const told = emptyTold()
      const startMs = performance.now()
      const way = { transport, port: sotto.sipPort, own: OWN, stray: STRAY, betweenMs: Number(values.between) }
      // One at a time: hundreds of megabytes of them would make this process slow to hear.
      const cases = await sendBad(groups, way, told)
      const seconds = Math.round((performance.now() - startMs) / 100) / 10
      const { sent, slowestMs, silentAfter, answered } = told
      const ownMs = Math.round(withoutMachineMs(told.slow, ofControl))
      const row = { suite, transport, cases, sent, seconds, slowestMs: Math.round(slowestMs), withoutMachineMs: ownMs, silentAfter, answered } // biome-ignore format: a row
      process.stdout.write(`${JSON.stringify(row)}\n`)
      if (values.causes) await tellCauses(told.slow, performance.timeOrigin + startMs, here, ofControl)
      judge(silentAfter.length === 0, `${suite} over ${transport}: alive`)
      judge(answered.length === 0, `${suite} over ${transport}: responses are not answered`)
      judge(slowestMs <= MARKS.probeMs, `${suite} over ${transport}: answer to others`)
      judge(ownMs <= MARKS.ownMs, `${suite} over ${transport}: answer to others, without the machine`)
      judge((seconds * 1000) / cases <= MARKS.caseMs, `${suite} over ${transport}: time`)
    }
  }
  await pause(MARKS.leftSeconds * 1000)
  const page = await (await fetch(`${sotto.server.base}/metrics`, { headers: { authorization: `Bearer ${sotto.server.token}` } })).text() // biome-ignore format: one call
  const left = Object.fromEntries(
    [...page.matchAll(/^sotto_(calls|sip_open\{what="(?:dialogs|sessions|\w+Transactions)"\}) (\d+)$/gm)].map((found) => [found[1], Number(found[2])]), // biome-ignore format: one row
  )
  const captured = [...(await wire.stop()).packets]
  const lastMb = await heapMb(before.control)
  const end = {
    calls: phone.calls,
    heapMb: [firstMb, lastMb],
    left,
    toAThird: captured.length,
    unreadable: phone.unreadable.slice(0, 3),
    missed,
  }
  judge(lastMb - firstMb <= MARKS.grownMb, 'heap')
  judge(Object.values(left).every((count) => count === 0), 'nothing is left') // biome-ignore format: as the others
  judge(captured.length === 0, 'nothing goes to a third')
  judge(phone.unreadable.length === 0, 'what goes on can be read')
  judge(JSON.stringify(sotto.processes()) === processes, 'the same processes')
  judge(!/base\.internal|\n\s+at /.test(sotto.log()), 'nothing unforeseen in the log')
  process.stdout.write(`${JSON.stringify(end)}\n`)
}

/** @returns the longest of the slowest answers, ms, less what this process and control waited for the machine in it. */
function withoutMachineMs(slow: readonly SlowAnswer[], ofControl: HoldUps): number {
  return slow.reduce((most, { atMs, ms }) => {
    const fromMs = atMs - performance.timeOrigin
    return Math.max(most, Math.min(ms, ms - ofControl.heldMs(fromMs, fromMs + ms)))
  }, 0)
}

/** Prints what held control, and this process, up while the slowest answers were waited for. */
async function tellCauses(
  slow: readonly SlowAnswer[],
  sinceMs: number,
  here: HoldUps,
  ofControl: HoldUps,
): Promise<void> {
  await pause(1000)
  const all = existsSync(holdUpsFile)
    ? readFileSync(holdUpsFile, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as HoldUp) // biome-ignore format: one chain
    : []
  const most: Record<string, number> = {}
  for (const { what, ms, cpuMs = ms } of all.filter(({ atMs }) => atMs >= sinceMs))
    most[what] = Math.max(most[what] ?? 0, Math.round(cpuMs))
  process.stdout.write(
    `most ms of processor that one turn of control took, of a collection in all, by what it was for: ${JSON.stringify(most)}\n`,
  )
  for (const { after, octets, atMs, ms } of slow) {
    const fromMs = atMs - performance.timeOrigin
    const ownMs = here.heldMs(fromMs, fromMs + ms)
    const waitedMs = ofControl.heldMs(fromMs, fromMs + ms) - ownMs
    const during = all.filter((each) => each.atMs < atMs + ms && each.atMs + each.ms > atMs)
    const turns = during.map((each) => `${each.what} ${each.ms.toFixed(0)} ms${each.cpuMs === undefined ? '' : ` (processor ${each.cpuMs.toFixed(0)})`}`) // biome-ignore format: one row
    process.stdout.write(`${ms.toFixed(0)} ms after ${after} of ${octets} octets: this process late by ${ownMs.toFixed(0)}, control without a processor for ${waitedMs.toFixed(0)}, its turns: ${turns.join(', ') || 'short ones'}\n`) // biome-ignore format: one line
  }
}

function singly(messages: readonly BadMessage[]): readonly (readonly BadMessage[])[] {
  return messages.map((each) => [each])
}

/** Messages made wrong, each of which its seed and number give again. */
function* mutations(more: readonly BadMessage[]): Iterable<readonly BadMessage[]> {
  const seeds = soundAnd(more)
  for (let round = 0; round < Number(values.mutated); round += 1)
    yield [
      {
        name: `mutated ${values.seed} ${round}`,
        octets: mutated(seeds, Number(values.seed), round),
        isResponse: false,
      },
    ]
}

/** Messages whose bits zzuf turned over. */
function* byZzuf(more: readonly BadMessage[]): Iterable<readonly BadMessage[]> {
  for (const one of zzufed(soundAnd(more), Number(values.seed), Number(values.zzuf)))
    yield [{ ...one, isResponse: false }]
}

/** What is mutated. */
function soundAnd(more: readonly BadMessage[]): readonly Buffer[] {
  return [...jainMessages(), ...TORTURE, ...more].map(({ octets }) => octets)
}

/** Cases of PROTOS as files `<length> <INVITE><length> <teardown>` with places to be filled in. */
function protosCases(of: string, transport: 'udp' | 'tcp', server: string): readonly (readonly BadMessage[])[] {
  return readdirSync(of).map((name) => {
    const parts: Buffer[] = []
    let rest = readFileSync(join(of, name))
    for (
      let head = /^(\d+) /.exec(rest.toString('latin1', 0, 12));
      head !== null;
      head = /^(\d+) /.exec(rest.toString('latin1', 0, 12))
    ) {
      // biome-ignore format: a loop
      const from = head[0].length
      parts.push(rest.subarray(from, from + Number(head[1])))
      rest = rest.subarray(from + Number(head[1]))
    }
    const [invite = Buffer.alloc(0), teardown = Buffer.alloc(0)] = parts
    const fill = (part: Buffer, method: string): Buffer => {
      const text = part.toString('latin1')
      const body = text.slice(text.indexOf('\r\n\r\n') + 4)
      const known: Readonly<Record<string, string>> = {
        ...{ To: `${NUMBER}@${server}`, From: `caller@${OWN}`, 'From-Address': OWN, 'From-IP': OWN, 'Local-Port': '5060' },
        ...{ 'Branch-ID': transport, 'Call-ID': `${name}-${transport}`, CSeq: '1', 'Teardown-Method': method },
        'Content-Length': String(body.replaceAll('<From-Address>', OWN).replaceAll('<From-IP>', OWN).length),
      } // biome-ignore format: a table
      return Buffer.from(
        text.replace(/<([A-Z][A-Za-z-]+)>/g, (whole, key: string) => known[key] ?? whole),
        'latin1',
      )
    }
    const all = [fill(invite, 'INVITE'), fill(teardown, 'CANCEL'), fill(teardown, 'ACK')]
    return all.map((octets) => ({ name: `protos ${name}`, octets, isResponse: false }))
  })
}

/** Of control, after a collection. */
async function heapMb(control: number): Promise<number> {
  const told = () => (existsSync(insideFile) ? readFileSync(insideFile, 'utf8').split('\n').slice(0, -1) : [])
  const before = told().length
  process.kill(control, 'SIGUSR2')
  await until(() => told().length > before, 'control telling of itself', 60_000)
  return Math.round((JSON.parse(told().at(-1) ?? '') as Inside).heapMegabytes * 10) / 10
}

function judge(isMet: boolean, what: string): void {
  if (isMet) return
  missed.push(what)
  process.stdout.write(`MISSED ${what}\n`)
}
