/** Everything that a demo call needs, on loopback: the server, a sample validation service, two phones, and what they leave behind. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodecName } from '../base/units.ts'
import { descendantsOf } from '../leak/memory-search.ts'
import { startValidationChild } from '../validation/child.ts'
import { type CallCapture, createCallCapture } from './call-capture.ts'
import { makeDevelopmentCertificates } from './certificate.ts'
import { freePort } from './free-port.ts'
import { watchHoldUps } from './hold-ups.ts'
import { openPhone, type Phone } from './phone.ts'
import { type ServerChild, startServerChild } from './server-child.ts'
import { createTimeline, type TimelineEvent } from './timeline.ts'

/** The trunk's address: another one of loopback, since a trunk is known by where its requests come from. */
const TRUNK_ADDRESS = '127.0.0.2'
export const CALLER_HUM_HZ = 1850
export const AGENT_HUM_HZ = 2150
const SERVER_ADDRESS = '127.0.0.1'
const AGENT = { user: 'agent', password: 'demo-agent-password' }
const TOKEN = 'demo-token-on-loopback'

export type Stage = {
  readonly server: ServerChild
  readonly caller: Phone
  readonly agent: Phone
  readonly capture: CallCapture
  /** Every event so far, oldest first. */
  readonly events: readonly TimelineEvent[]
  /** What the validation service answered, in order: accepted or not. */
  readonly replies: readonly boolean[]
  /** @throws Error that says where to look when the event does not come. */
  until(type: string, limitMs: number): Promise<TimelineEvent>
  /** How long a busy machine can have held up the sound between two times, milliseconds. */
  heldUpMs(fromMs: number, toMs: number): number
  close(): Promise<void>
}

export type StageAddresses = { readonly server: string; readonly trunk: string; readonly agent: string }

export type StageOptions = {
  readonly codec: CodecName
  /** Where configuration, certificate and log go. */
  readonly folder: string
  /** Entry file of the command, to start the server with. */
  readonly cli: string
  /** Takes a line of the timeline. */
  readonly write: (line: string) => void
  /** Flags of Node for the server. */
  readonly nodeFlags?: readonly string[]
  /** Where the server's core files go; none are written without. */
  readonly coreFolder?: string
  /** Takes each event. */
  readonly onEvent?: (event: TimelineEvent) => void
  /** More of the configuration, as YAML at its top level. */
  readonly more?: string
  /** Everything that the API says. */
  readonly onText?: (text: string) => void
  /** How long the vault waits for the first key of a field. */
  readonly firstDigitSeconds?: number
  /** Addresses on loopback for SIP and sound. */
  readonly addresses?: StageAddresses
}

/** Starts it all. What was started is ended again when something does not start. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const stop: (() => unknown)[] = []
  const close = async (): Promise<void> => {
    for (const each of stop.splice(0).reverse()) await each()
  }
  try {
    return { ...(await openStage(options, stop)), close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

async function openStage(
  {
    codec,
    folder,
    cli,
    write,
    nodeFlags,
    onText,
    coreFolder,
    onEvent,
    more = '',
    firstDigitSeconds = 10,
    addresses = { server: SERVER_ADDRESS, trunk: TRUNK_ADDRESS, agent: SERVER_ADDRESS },
  }: StageOptions,
  stop: (() => unknown)[],
): Promise<Omit<Stage, 'close'>> {
  const [sipPort, httpPort] = [await freePort(addresses.server), await freePort(SERVER_ADDRESS)]
  const certificates = await makeDevelopmentCertificates(Date.now())
  const replies: boolean[] = []
  const validation = await startValidationChild({
    entry: new URL(`../validation/process${import.meta.filename.slice(-3)}`, import.meta.url).pathname,
    port: 0,
    certificates,
    onReplied: (_fields, accepted) => replies.push(accepted),
  })
  stop.push(() => validation.close())
  writeFileSync(join(folder, 'authority.pem'), certificates.authority)
  const configFile = join(folder, 'sotto.yaml')
  writeFileSync(configFile, configuration(addresses, sipPort, httpPort, validation.url, firstDigitSeconds) + more)
  const events: TimelineEvent[] = []
  const waiting = new Set<() => void>()
  const timeline = createTimeline()
  const server = await startServerChild({
    cli,
    configFile,
    logFile: join(folder, 'server.log'),
    httpPort,
    token: TOKEN,
    ...(nodeFlags === undefined ? {} : { nodeFlags }),
    ...(onText === undefined ? {} : { onText }),
    ...(coreFolder === undefined ? {} : { coreFolder }),
    onEvent: (event) => {
      events.push(event)
      const line = timeline.lineFor(event)
      if (line !== undefined) write(line)
      onEvent?.(event)
      for (const check of waiting) check()
    },
  })
  stop.push(() => server.stop())
  const capture = createCallCapture(() => performance.timeOrigin + performance.now())
  const shared = { server: { address: addresses.server, port: sipPort }, codec, capture }
  const agent = await openPhone({ ...shared, ...AGENT, address: addresses.agent, humHz: AGENT_HUM_HZ, ringMs: 1000 })
  stop.push(() => agent.close())
  const caller = await openPhone({
    ...shared,
    user: '+493012345678',
    password: undefined,
    address: addresses.trunk,
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
  const processIds = [process.pid, ...descendantsOf(server.processId)]
  const holdUps = watchHoldUps(() => processIds)
  stop.push(() => holdUps.close())
  return { server, caller, agent, capture, events, replies, until, heldUpMs: holdUps.heldMs }
}

function configuration(
  { server, trunk }: StageAddresses,
  sipPort: number,
  httpPort: number,
  validationUrl: string,
  firstDigitSeconds: number,
): string {
  return `sip:
  listeners:
    - { transport: udp, address: ${server}, port: ${sipPort} }
    - { transport: tcp, address: ${server}, port: ${sipPort} }
phones:
  - { account: ${AGENT.user}, displayName: Demo agent, password: ${AGENT.password} }
trunks:
  - { name: demo-trunk, addresses: [${trunk}] }
routes:
  - { from: demo-trunk, number: "100", to: { phone: ${AGENT.user} } }
secureInput:
  firstDigitSeconds: ${firstDigitSeconds}
  validation: { url: "${validationUrl}", caFile: authority.pem }
media: { address: ${server}, codecs: [OPUS, G722, PCMA, PCMU] }
http:
  port: ${httpPort}
  tokens: [{ name: demo, token: ${TOKEN} }]
log: { level: debug }
drainSeconds: 5
`
}
