/**
 * `sotto demo`: the main job with nothing else installed. A server, a sample validation service, a caller's phone and an agent's
 * phone on loopback; one call with a secure session; then the proof, and files to listen to and to look into.
 *
 * The card number exists in this process, which plays the caller, and in the sample validation service. Both are left out of the search.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import type { CodecName } from '../base/units.ts'
import { writeWav } from '../rtp/wav.ts'
import { createCallCapture } from './call-capture.ts'
import { makeDevelopmentCertificates } from './certificate.ts'
import { searchFiles } from './file-search.ts'
import { watchHoldUps } from './hold-ups.ts'
import { descendantsOf, searchMemory } from './memory-search.ts'
import { digitsOf, type Needle, needlesOf } from './needles.ts'
import { openPhone, type Phone } from './phone.ts'
import { type Claim, claimLine, cleanClaim, type Moments, soundClaims } from './proof.ts'
import { type ServerChild, startServerChild } from './server-child.ts'
import { createTimeline, type TimelineEvent } from './timeline.ts'
import { startValidationChild } from './validation-child.ts'

export type DemoArgs = {
  readonly inband: boolean
  readonly codec: CodecName
  readonly decline: boolean
  readonly featureCode: boolean
  /** Where the files go; emptied first. */
  readonly folder: string
  readonly shippedFolder: string
  /** Entry file of the command, to start the server with. */
  readonly cli: string
}

/** The trunk's address: another one of loopback, since a trunk is known by where its requests come from. */
const TRUNK_ADDRESS = '127.0.0.2'
const SERVER_ADDRESS = '127.0.0.1'
const AGENT = { user: 'agent', password: 'demo-agent-password' }
const TOKEN = 'demo-token-on-loopback'
const CALLER_HUM_HZ = 1850
const AGENT_HUM_HZ = 2150
/** Published test cards; the sample validation service takes the first and declines the second. */
const CARDS = { accepted: '6011000990139424', declined: '378734493671000' }
const STAR_71 = [10, 7, 1]
const TALK_MS = 2000
/** A caller listens to the beginning of a prompt before keying. */
const LISTEN_MS = 1500
const SESSION_LIMIT_MS = 90_000

type Stage = {
  readonly server: ServerChild
  readonly caller: Phone
  readonly agent: Phone
  readonly events: TimelineEvent[]
  readonly until: (type: string, limitMs: number) => Promise<TimelineEvent>
}

/** Runs it. @returns the exit code: 0 when every claim holds. */
export async function demo(args: DemoArgs, write: (line: string) => void): Promise<number> {
  const folder = resolve(args.folder)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const card = args.decline ? CARDS.declined : CARDS.accepted
  const needles = needlesOf(digitsOf(card))
  const [sipPort, httpPort] = [await freeTcpPort(), await freeTcpPort()]
  const replies: boolean[] = []
  write('Starting the server, a sample validation service and two phones on loopback.')
  const certificates = await makeDevelopmentCertificates(Date.now())
  writeFileSync(join(folder, 'authority.pem'), certificates.authority)
  const validation = await startValidationChild({
    entry: new URL(`./validation-process${import.meta.filename.slice(-3)}`, import.meta.url).pathname,
    port: 0,
    certificates,
    onReplied: (_fields, accepted) => replies.push(accepted),
  })
  const configFile = join(folder, 'sotto.yaml')
  writeFileSync(configFile, configuration(sipPort, httpPort, validation.url))
  const stop: (() => unknown)[] = [() => validation.close()]
  try {
    const stage = await setStage(args, folder, configFile, sipPort, httpPort, write, stop)
    const capture = stage.capture
    write('')
    const { moments, apartCapture } = await play(stage, args, card)
    write('')
    const claims = [
      ...outcomeClaims(stage.events, replies, args.decline),
      ...soundClaims({
        caller: stage.caller.sound,
        agent: stage.agent.sound,
        codec: args.codec,
        callerHumHz: CALLER_HUM_HZ,
        agentHumHz: AGENT_HUM_HZ,
        callerReoffers: stage.caller.signalling.reoffers,
        moments,
        heldUpMs: stage.heldUpMs,
      }),
    ]
    apartCapture()
    writeFileSync(join(folder, 'call.pcap'), capture.bytes())
    writeSound(join(folder, 'caller-heard.wav'), stage.caller)
    writeSound(join(folder, 'agent-heard.wav'), stage.agent)
    write('Searching every process, log, capture and recording for the card number. This takes some seconds.')
    claims.push(...searchClaims(stage.server.processId, folder, needles))
    const exitCode = await stage.server.stop()
    claims.push({ says: 'the server ends cleanly on TERM', figure: `exit code ${exitCode}`, holds: exitCode === 0 })
    claims.push(cleanClaim('logs and files after the end', searchFiles(folder, needles)))
    return tell(claims, folder, write)
  } finally {
    for (const each of stop.reverse()) await each()
  }
}

async function setStage(
  args: DemoArgs,
  folder: string,
  configFile: string,
  sipPort: number,
  httpPort: number,
  write: (line: string) => void,
  stop: (() => unknown)[],
) {
  const events: TimelineEvent[] = []
  const waiting = new Set<() => void>()
  const timeline = createTimeline()
  const server = await startServerChild({
    cli: args.cli,
    configFile,
    logFile: join(folder, 'server.log'),
    httpPort,
    token: TOKEN,
    onEvent: (event) => {
      events.push(event)
      const line = timeline.lineFor(event)
      if (line !== undefined) write(line)
      for (const check of waiting) check()
    },
  })
  stop.push(() => server.stop())
  const capture = createCallCapture(() => performance.timeOrigin + performance.now())
  const shared = { server: { address: SERVER_ADDRESS, port: sipPort }, codec: args.codec, capture }
  const agent = await openPhone({ ...shared, ...AGENT, address: SERVER_ADDRESS, humHz: AGENT_HUM_HZ, ringMs: 1000 })
  stop.push(() => agent.close())
  const caller = await openPhone({
    ...shared,
    user: '+493012345678',
    password: undefined,
    address: TRUNK_ADDRESS,
    humHz: CALLER_HUM_HZ,
    ringMs: 0,
  })
  stop.push(() => caller.close())
  const until = (type: string, limitMs: number): Promise<TimelineEvent> =>
    new Promise((found, failed) => {
      const check = (): void => {
        const event = events.find((each) => each.type === type)
        if (event === undefined) return
        clearTimeout(limit)
        waiting.delete(check)
        found(event)
      }
      const limit = setTimeout(() => {
        waiting.delete(check)
        failed(new Error(`nothing heard of '${type}' within ${limitMs / 1000} s: see ${join(folder, 'server.log')}`))
      }, limitMs)
      waiting.add(check)
      check()
    })
  const holdUps = watchHoldUps()
  stop.push(() => holdUps.close())
  return { server, caller, agent, events, until, capture, heldUpMs: holdUps.heldMs }
}

/** The call itself, as both people would do it. */
async function play(
  stage: Stage & { readonly capture: ReturnType<typeof createCallCapture> },
  args: DemoArgs,
  card: string,
): Promise<{ moments: Moments; apartCapture: () => void }> {
  const { caller, agent, server, until, capture } = stage
  await agent.signalling.register()
  await caller.call('100')
  const bridged = await until('call.bridged', 10_000)
  const bridgedMs = performance.now()
  await pause(TALK_MS)

  const entries = [card, expiryOf(new Date()), card.length === 15 ? '1234' : '123']
  // The first answer within the session is the caller's own doing, so its leg is left out of the capture from here to the rejoin.
  capture.leaveOut(TRUNK_ADDRESS)
  const askedMs = performance.now()
  if (args.featureCode) {
    await agent.sound.press(STAR_71, args.inband ? 'in-band' : 'event')
  } else {
    const { status } = await server.request('POST', `/api/v1/calls/${String(bridged['callId'])}/secure-sessions`, {
      fields: [
        { name: 'customer account', value: '343453422' },
        { name: 'charge amount', value: '14.55' },
      ],
    })
    if (status !== 202) throw new Error(`the secure session was refused: HTTP ${status}`)
  }
  const { atMs: requestedAtMs } = await until('secure.requested', 5000)
  const { atMs: partedAtMs } = await until('secure.parted', 5000)
  const partedMs = performance.now()
  // By the API the clock runs from the request; a feature code is a request only when its last key is down.
  const requestedMs = args.featureCode ? partedMs - (partedAtMs - requestedAtMs) : askedMs
  const keyed = new Set<string>()
  let ended = false
  const rejoined = until('secure.rejoined', SESSION_LIMIT_MS).then(() => {
    ended = true
    return performance.now()
  })
  while (!ended) {
    const asking = stage.events.findLast((event) => event.type === 'secure.asking')
    const entry = entries[Number(asking?.['field'] ?? -1)]
    const turn = `${String(asking?.['field'])}/${String(asking?.['attempt'])}`
    if (entry !== undefined && !keyed.has(turn)) {
      keyed.add(turn)
      await pause(LISTEN_MS)
      await caller.sound.press([...[...entry].map(Number), 11], args.inband ? 'in-band' : 'event')
    }
    await Promise.race([rejoined, pause(50)])
  }
  const rejoinedMs = await rejoined
  await pause(TALK_MS)
  const endedMs = performance.now()
  await caller.signalling.hangUp()
  await until('call.ended', 5000)
  return {
    moments: { bridgedMs, requestedMs, partedMs, rejoinedMs, endedMs },
    apartCapture: () => capture.leaveOut(undefined),
  }
}

function outcomeClaims(
  events: readonly TimelineEvent[],
  replies: readonly boolean[],
  decline: boolean,
): readonly Claim[] {
  const wanted = decline ? 'declined' : 'accepted'
  const ended = events.find(({ type }) => type === 'secure.ended')
  const outcome = ended?.['outcome'] as { result?: string } | undefined
  const wipedAt = events.findIndex(({ type }) => type === 'secure.wiped')
  const rejoinedAt = events.findIndex(({ type }) => type === 'secure.rejoined')
  return [
    {
      says: `the validation service got the right digits and ${wanted} them`,
      figure: `${replies.length} request`,
      holds: replies.length === 1 && replies[0] === !decline,
    },
    { says: 'the agent is told the outcome', figure: outcome?.result ?? 'nothing', holds: outcome?.result === wanted },
    {
      says: 'wiped before rejoined',
      figure: `events ${wipedAt} and ${rejoinedAt}`,
      holds: wipedAt >= 0 && wipedAt < rejoinedAt,
    },
  ]
}

function searchClaims(server: number, folder: string, needles: readonly Needle[]): readonly Claim[] {
  // This process played the caller and knows the number: a search that does not find it here finds nothing anywhere.
  const own = searchMemory(process.pid, needles).finds
  return [
    {
      says: 'the search finds the number where it is known to be',
      figure: `${own.length} finds`,
      holds: own.length > 0,
    },
    ...descendantsOf(server).map((pid) =>
      cleanClaim(`the memory of process ${pid} (${roleOf(pid, server)})`, searchMemory(pid, needles).finds),
    ),
    cleanClaim('logs, capture and recordings', searchFiles(folder, needles)),
  ]
}

function roleOf(pid: number, server: number): string {
  if (pid === server) return 'control'
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('media') ? 'media' : 'vault'
}

function tell(claims: readonly Claim[], folder: string, write: (line: string) => void): number {
  for (const claim of claims) write(claimLine(claim))
  const failed = claims.filter(({ holds }) => !holds).length
  write('')
  write(
    `In ${folder}: caller-heard.wav, agent-heard.wav, call.pcap (for Wireshark; without what the caller keyed), server.log`,
  )
  write(failed === 0 ? 'All claims hold.' : `${failed} claims do not hold.`)
  return failed === 0 ? 0 : 1
}

function configuration(sipPort: number, httpPort: number, validationUrl: string): string {
  return `sip:
  listeners:
    - { transport: udp, address: ${SERVER_ADDRESS}, port: ${sipPort} }
    - { transport: tcp, address: ${SERVER_ADDRESS}, port: ${sipPort} }
phones:
  - { account: ${AGENT.user}, displayName: Demo agent, password: ${AGENT.password} }
trunks:
  - { name: demo-trunk, addresses: [${TRUNK_ADDRESS}] }
routes:
  - { from: demo-trunk, number: "100", to: { phone: ${AGENT.user} } }
secureInput:
  validation: { url: "${validationUrl}", caFile: authority.pem }
http:
  port: ${httpPort}
  tokens: [{ name: demo, token: ${TOKEN} }]
log: { level: debug }
drainSeconds: 5
`
}

/** A date two years ahead, as the keypad gives it: month and year, two digits each. */
function expiryOf(today: Date): string {
  return `12${String((today.getUTCFullYear() + 2) % 100).padStart(2, '0')}`
}

function writeSound(file: string, phone: Phone): void {
  writeFileSync(file, writeWav(phone.sound.pcm(), phone.sound.sampleRate))
}

function freeTcpPort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, SERVER_ADDRESS, () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
