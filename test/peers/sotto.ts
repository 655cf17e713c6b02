/**
 * The built server with all its processes, for end-to-end stories: started from a configuration on loopback with a trunk at 127.0.0.2,
 * two phones and a PBX, driven by its API, and searched for the canary at the end of every story.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { createCallCapture } from '../../src/demo/call-capture.ts'
import { type DevelopmentCertificates, makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { type HoldUps, watchHoldUps } from '../../src/demo/hold-ups.ts'
import { openPhone, type Phone, type PhoneOptions } from '../../src/demo/phone.ts'
import { type ServerChild, startServerChild } from '../../src/demo/server-child.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { until } from '../../src/demo/waiting.ts'
import { searchFiles } from '../../src/leak/file-search.ts'
import { descendantsOf, type Find } from '../../src/leak/memory-search.ts'
import { digitsOf, needlesOf } from '../../src/leak/needles.ts'
import type { Identity } from './authority.ts'
import { freePort } from './free-port.ts'
import { shortPrompts } from './short-prompts.ts'
import { roleOf, searchStory } from './story-search.ts'

export const TRUNK_ADDRESS = '127.0.0.2'
/** A published test card whose digits do not repeat: its parts do not turn up in memory by chance. */
export const CANARY = '6011000990139424'
const PATIENT = 'admission: { mediaLateMs: 1000, controlLateMs: 5000 }'
const ONE_MEDIA_PROCESS = 'media: { processes: 1 }'
const TOKEN = 'story-token-on-loopback'

/** What a session may name beside its form. */
export type Chosen = { readonly flow?: string; readonly retryOf?: string }

export type Sotto = {
  readonly sipPort: number
  readonly httpPort: number
  /** Of the TLS listener; 0 without one. */
  readonly tlsPort: number
  readonly folder: string
  readonly server: ServerChild
  readonly certificates: DevelopmentCertificates
  /** Every event since the start, oldest first. */
  readonly events: readonly TimelineEvent[]
  /** The first event from `from` on that fits. Rejects with the log's end when none comes. */
  event(fits: (event: TimelineEvent) => boolean, what: string, limitMs?: number, from?: number): Promise<TimelineEvent>
  /** When an event happened, in milliseconds of this process's clock. */
  whenMs(event: TimelineEvent): number
  /** How long the phones, which live in this process, were held up. */
  readonly holdUps: HoldUps
  /** A scripted phone on the trunk. */
  caller(options?: Partial<PhoneOptions>): Promise<Phone>
  /** A scripted phone that has registered as `agent`, `agent-2` or a higher one; give the password with the name. */
  agent(options?: Partial<PhoneOptions>): Promise<Phone>
  startSecureSession(
    callId: string,
    fields?: readonly { name: string; value: string }[],
    chosen?: Chosen,
  ): Promise<{ status: number; body: unknown }>
  /** Process ids by role; `vault` and `media` are those that run now. */
  processes(): { readonly control: number; readonly media: readonly number[]; readonly vault: readonly number[] }
  /** Looks for the canary in the memory of every process and in every file of the story. */
  search(digits?: string): Promise<readonly Find[]>
  /** The files alone, such as when no process is left. */
  searchFiles(): readonly Find[]
  /** Waits for a line of the log. */
  logged(line: RegExp, limitMs?: number): Promise<void>
  log(): string
}

export type SottoOptions = {
  /** URL of the validation service; its authority is `caText`. */
  readonly validationUrl: string
  readonly caText: string
  /** YAML lines of `secureInput` beside `validation`, such as `attempts: 2`. */
  readonly secureInput?: readonly string[]
  /** `shipped` prompts are whole sentences: a session takes twenty seconds with them. Their beginnings when absent. */
  readonly prompts?: 'shipped'
  /** YAML lines of `sip` beside the listeners. */
  readonly sip?: readonly string[]
  /** More of the trunk `carrier`, such as `srtp: required`. */
  readonly trunk?: string
  /** More trunks, as YAML. */
  readonly trunks?: readonly string[]
  readonly timeoutSeconds?: number
  /** More YAML at the top level; one media process when absent, so that a story knows which one has its call. */
  readonly more?: string
  readonly drainSeconds?: number
  /** YAML of when calls are refused, such as `admission: { mediaLateMs: 20 }`. A machine that is busy with tests is late: hardly ever when absent. */
  readonly admission?: string
  /** How many accounts there are: `agent`, `agent-2`, ... with `agent-password-1` ..., at the numbers 100, 101, ... Two when absent. */
  readonly phones?: number
  /** Folder of a server that ran before, to start again in; it stays. A new one when absent. */
  readonly folder?: string
  /** Those of a server that has ended, with its folder: the same again. Free ones when absent. */
  readonly ports?: Pick<Sotto, 'sipPort' | 'httpPort'>
  /** Adds a TLS listener that shows this, out of `sip.pem` and `sip.key` in the folder. */
  readonly tls?: Identity
  /** More of that listener, such as `clientCertificates: required`. */
  readonly tlsListener?: string
  /** More routes, as YAML. */
  readonly routes?: readonly string[]
  /** YAML of more listeners, such as `{ transport: ws, address: 127.0.0.1, port: 8080 }`. */
  readonly listeners?: readonly string[]
  /** Variables of its environment, which is empty otherwise. */
  readonly environment?: Readonly<Record<string, string>>
  /** Flags of Node for the server. */
  readonly nodeFlags?: readonly string[]
  /** YAML lines of `http` beside the port and the token. */
  readonly http?: readonly string[]
  /** What the API speaks with `tls` among those lines; this process has to trust its certificate. */
  readonly protocol?: 'https'
  /** Where its output goes, instead of a file in the folder. */
  readonly logFile?: string
  /** Where the PBX of the route `300` is. */
  readonly pbxUri?: string
}

/** Starts a server that ends with the test. */
export async function startSotto(t: Test, options: SottoOptions): Promise<Sotto> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sotto-story-'))
  const { sipPort, httpPort } = options.ports ?? { sipPort: await freePort(), httpPort: await freePort() }
  const tlsPort = options.tls === undefined ? 0 : await freePort()
  if (options.tls !== undefined) writeIdentity(folder, options.tls)
  const certificates = await makeDevelopmentCertificates(Date.now())
  writeFileSync(join(folder, 'authority.pem'), options.caText)
  const configFile = join(folder, 'sotto.yaml')
  const prompts = options.prompts === 'shipped' ? [] : [shortPrompts(join(folder, 'prompts'))]
  const secureInput = options.secureInput ?? []
  const own = secureInput.some((line) => line.startsWith('promptsFolder:'))
  const given = { ...options, secureInput: own ? secureInput : [...prompts, ...secureInput] }
  writeFileSync(configFile, configuration(given, sipPort, tlsPort, httpPort))
  const logFile = options.logFile ?? join(folder, 'server.log')
  const events: TimelineEvent[] = []
  /** From the server's clock to ours: the least that an event seemed to need to get here. */
  let aheadMs = Number.POSITIVE_INFINITY
  const waiting = new Set<() => void>()
  const server = await startServerChild({
    cli: resolve(import.meta.dirname, '../../src/cli.ts'),
    configFile,
    logFile,
    httpPort,
    token: TOKEN,
    environment: options.environment ?? {},
    nodeFlags: options.nodeFlags ?? [],
    ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
    onEvent: (event) => {
      events.push(event)
      // Changes of the directory have no time.
      if (Number.isFinite(event.atMs)) aheadMs = Math.min(aheadMs, performance.now() - event.atMs)
      for (const check of waiting) check()
    },
  })
  const phones: Phone[] = []
  const holdUps = watchHoldUps()
  t.teardown(async () => {
    holdUps.close()
    for (const phone of phones) await phone.close()
    // Ends the calls that still stand: nobody waits for them.
    server.signal('SIGINT')
    await server.stop()
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  })
  const log = (): string => readFileSync(logFile, 'utf8')
  const open = async (given: Omit<PhoneOptions, 'server' | 'capture' | 'codec' | 'ringMs'> & Partial<PhoneOptions>) => {
    const capture = createCallCapture(() => performance.timeOrigin + performance.now())
    const phone = await openPhone({
      codec: 'PCMA',
      ringMs: 100,
      capture,
      server: { address: '127.0.0.1', port: sipPort },
      ...given,
    })
    phones.push(phone)
    return phone
  }
  return {
    sipPort,
    httpPort,
    tlsPort,
    folder,
    server,
    certificates,
    events,
    event: (fits, what, limitMs = 10_000, from = 0) =>
      new Promise((found, failed) => {
        const check = (): void => {
          const event = events.slice(from).find(fits)
          if (event === undefined) return
          clearTimeout(limit)
          waiting.delete(check)
          found(event)
        }
        const limit = setTimeout(() => {
          waiting.delete(check)
          const seen = events.map(({ type }) => type).join(' ')
          failed(new Error(`did not come within ${limitMs} ms: ${what}\nevents: ${seen}\nlog:\n${log().slice(-3000)}`))
        }, limitMs)
        waiting.add(check)
        check()
      }),
    whenMs: ({ atMs }) => atMs + aheadMs,
    holdUps,
    caller: (given) =>
      open({ user: '+493012345678', password: undefined, address: TRUNK_ADDRESS, humHz: 1850, ...given }),
    agent: async (given) => {
      const phone = await open({
        user: 'agent',
        password: 'agent-password-1',
        address: '127.0.0.1',
        humHz: 2150,
        ...given,
      })
      await phone.signalling.register()
      return phone
    },
    startSecureSession: (callId, fields, chosen) =>
      server.request('POST', `/api/v1/calls/${callId}/secure-sessions`, {
        ...chosen,
        ...(fields === undefined ? {} : { fields }),
      }),
    processes: () => {
      const children = descendantsOf(server.processId).slice(1)
      return {
        control: server.processId,
        media: children.filter((pid) => roleOf(pid) === 'media'),
        vault: children.filter((pid) => roleOf(pid) === 'vault'),
      }
    },
    search: (digits = CANARY) => searchStory({ control: server.processId, folder, digits }),
    searchFiles: () => searchFiles(folder, needlesOf(digitsOf(CANARY))),
    logged: (line, limitMs) => until(() => line.test(log()), `in the log: ${line}`, limitMs),
    log,
  }
}

/** Puts a certificate and its key where the TLS listener reads them. */
export function writeIdentity(folder: string, { certificate, key }: Identity): void {
  writeFileSync(join(folder, 'sip.pem'), certificate)
  writeFileSync(join(folder, 'sip.key'), key)
}

function configuration(options: SottoOptions, sipPort: number, tlsPort: number, httpPort: number): string {
  const agents = Array.from({ length: options.phones ?? 2 }, (_, i) => (i === 0 ? 'agent' : `agent-${i + 1}`))
  return `sip:
  listeners:
    - { transport: udp, address: 127.0.0.1, port: ${sipPort} }
    - { transport: tcp, address: 127.0.0.1, port: ${sipPort} }
${tlsPort === 0 ? '' : tlsListener(tlsPort, options.tlsListener)}${(options.listeners ?? []).map((each) => `    - ${each}\n`).join('')}${(options.sip ?? []).map((line) => `  ${line}\n`).join('')}phones:
${agents.map((account, i) => `  - { account: ${account}, displayName: Agent, password: agent-password-${i + 1} }`).join('\n')}
workgroups:
  - { name: all, strategy: ring-all, phones: [agent, agent-2], ringSeconds: 20 }
  - { name: in-turn, strategy: one-after-another, phones: [agent, agent-2], ringSeconds: 3 }
trunks:
  - { name: carrier, addresses: [${TRUNK_ADDRESS}]${options.trunk === undefined ? '' : `, ${options.trunk}`} }
${(options.trunks ?? []).map((each) => `  - ${each}\n`).join('')}routes:
${agents.map((account, i) => `  - { from: carrier, number: "${100 + i}", to: { phone: ${account} } }`).join('\n')}
  - { from: carrier, number: "200", to: { workgroup: all } }
  - { from: carrier, number: "201", to: { workgroup: in-turn } }
${(options.routes ?? []).map((route) => `  - ${route}\n`).join('')}${options.pbxUri === undefined ? '' : `  - { number: "300", to: { uri: "${options.pbxUri}" } }\n`}secureInput:
${(options.secureInput ?? []).map((line) => `  ${line}\n`).join('')}  validation:
    url: "${options.validationUrl}"
    caFile: authority.pem
    timeoutSeconds: ${options.timeoutSeconds ?? 10}
http:
  port: ${httpPort}
  tokens: [{ name: story, token: ${TOKEN} }]
${(options.http ?? []).map((line) => `  ${line}\n`).join('')}log: { level: debug }
drainSeconds: ${options.drainSeconds ?? 5}
${options.admission ?? PATIENT}
${options.more ?? ONE_MEDIA_PROCESS}`
}

function tlsListener(port: number, more: string | undefined): string {
  const rest = more === undefined ? '' : `, ${more}`
  return `    - { transport: tls, address: 127.0.0.1, port: ${port}, certificateFile: sip.pem, keyFile: sip.key${rest} }\n`
}
