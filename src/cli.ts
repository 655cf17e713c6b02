#!/usr/bin/env node
/** The command `sotto`: what it can do, in words a person reads before anything else. Each command is a file under `cli/`. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { makeId } from './base/ids.ts'
import type { LeakTestOptions } from './cli/leak-arguments.ts'
import { linesTo, onceUnread } from './cli/output.ts'

const SHIPPED_FOLDER = new URL('..', import.meta.url).pathname
const write = linesTo(process.stdout)
/** A server goes on for ever: without a reader it ends as when it is told to, its calls first. */
const endUnread = (): void => onceUnread(() => process.kill(process.pid, 'SIGTERM'))

const program = new Command('sotto')
  .description(
    'SIP/RTP media server that takes card numbers from callers without anybody hearing, seeing or logging them.',
  )
  .version(JSON.parse(readFileSync(`${SHIPPED_FOLDER}package.json`, 'utf8')).version)
  .showHelpAfterError('(sotto --help tells more)')
  .addHelpText(
    'after',
    `
Begin here:
  sotto demo                  one whole call with a secure session on this machine, and the proof that nothing leaked
  sotto start                 a server on loopback with two sample phones; with a sotto.yaml, your own
  sotto config check          what is wrong with sotto.yaml, line by line

Exit codes: 0 done, 1 it did not work, 2 the configuration or the arguments are wrong.`,
  )

program
  .command('start')
  .description('run the server')
  .option(
    '-c, --config <file>',
    'configuration file; without it ./sotto.yaml when there is one, else a sample on loopback',
  )
  .action(async (options: { config?: string }) => {
    const { start } = await import('./cli/start.ts')
    const { runControl } = await import('./control.ts')
    endUnread()
    process.exitCode = await start(
      { file: options.config, shippedFolder: SHIPPED_FOLDER, env: process.env, run: runControl },
      write,
    )
  })

program
  .command('demo')
  .description(
    'run one call with a secure session between two phones on this machine, and search everything for the card number',
  )
  .option('--inband', 'the caller sends tones in the sound instead of telephone-events')
  .addOption(new Option('--codec <name>', 'codec of both phones').choices(['PCMA', 'PCMU', 'G722']).default('PCMA'))
  .option('--decline', 'the caller uses the test card that is declined')
  .option('--feature-code', 'the agent starts the session by keying *71 instead of by the API')
  .option('-o, --out <folder>', 'where the sound, the capture and the logs go', 'var/demo')
  .action(
    async (options: {
      inband?: true
      codec: 'PCMA' | 'PCMU' | 'G722'
      decline?: true
      featureCode?: true
      out: string
    }) => {
      const { demo } = await import('./demo/demo.ts')
      process.exitCode = await demo(
        {
          inband: options.inband === true,
          codec: options.codec,
          decline: options.decline === true,
          featureCode: options.featureCode === true,
          folder: options.out,
          cli: import.meta.filename,
        },
        write,
      )
    },
  )

program
  .command('leak-test')
  .description(
    'play one call with a secure session, and search memory, images, logs, files and the wire for the number',
  )
  .option('-o, --out <folder>', 'where the files of the search go; emptied first', 'var/leak-test')
  .option('--number-file <file>', 'file with the number to key, instead of one made at random or a published test card')
  .option('--json', 'print one JSON document instead of lines', false)
  .option('--allow-unsearched', 'what could not be searched does not count', false)
  .optionsGroup('A running server:')
  .option('--server <pid>', 'process id of its "sotto start"', wholeNumber)
  .option('--api <url>', 'its HTTP API')
  .option('--token-file <file>', 'file with a token for it')
  .option(
    '--sip <host:port>',
    'its SIP listener over UDP: place a test call there; without it you key the number yourself',
  )
  .option('--trunk <address...>', 'addresses that callers send from; the test call comes from the first')
  .option('--call <number>', 'what the test call dials')
  .option('--account <name>', 'test account that the number leads to')
  .option('--password-file <file>', 'file with the password of the account')
  .option('--agent-address <address>', 'address of this machine for the phone of the account')
  .option('--sound <address...>', 'addresses that the server sends sound from')
  .option('--interface <name>', 'network interface to capture', 'any')
  .option('--log <file...>', 'its log')
  .option('--folder <folder...>', 'folders that it writes to')
  .option('--recordings <folder...>', 'folders of its recordings')
  .option(
    '--snapshots <folder>',
    'folder of its --diagnostic-dir: ask it for heap snapshots, which stop it for a moment',
  )
  .option('--wait <seconds>', 'how long a step of the session may take', wholeNumber, 600)
  .action(async (options: LeakTestOptions) => {
    const [{ leakTest }, { liveArgsOf }] = await Promise.all([
      import('./cli/leak-test.ts'),
      import('./cli/leak-arguments.ts'),
    ])
    const live = liveArgsOf(options)
    if (typeof live === 'string') {
      write(live)
      process.exitCode = 2
      return
    }
    const { out, numberFile, json, allowUnsearched } = options
    process.exitCode = await leakTest(
      { folder: out, numberFile, json, allowUnsearched, cli: import.meta.filename, live },
      write,
    )
  })

program
  .command('replay')
  .description('find the RTP streams of a capture and what was keyed in them; or play them as a live call')
  .argument('<file>', 'pcap or pcapng')
  .option('--show-digits', 'print the digits instead of dots', false)
  .option('--json', 'print JSON', false)
  .option('--to <uri>', 'play the capture as a call to this SIP URI, with its own timing')
  .option(
    '--session',
    'put the caller of the capture through a secure session, offline, and say what came of it',
    false,
  )
  .option('--flow <flow>', 'with --session: what the caller is asked for, such as card-payment@2', 'card-payment')
  .option('-c, --config <file>', 'with --session: configuration whose flows and limits count; as in "sotto flows"')
  .addOption(
    new Option('--verdict <word>', 'with --session: what the validation service answers')
      .choices(['accepted', 'declined', 'failed'])
      .default('accepted'),
  )
  .option('--begin <seconds>', 'with --session: when it begins; a second before the first key when absent', seconds)
  .option('--prompt-ms <number>', 'with --session: how long each sentence takes', wholeNumber, 1000)
  .option('--impair <list>', 'with --session: a worse network, as in loss=10,bursts=2,jitter=60,seed=7')
  .option(
    '--stream <number>',
    'which stream; the first playable one, or with --session the most keyed one, when absent',
    wholeNumber,
  )
  .option('--local <address>', 'address to send from')
  .option('--user <account>', 'account to call with; its password is read from SOTTO_REPLAY_PASSWORD')
  .action(async (file: string, options: ReplayOptions) => {
    const { showDigits, json, to, stream, local, user } = options
    if (options.session) {
      const { replaySession } = await import('./cli/replay-session.ts')
      const { flow, config: configFile, verdict, begin, promptMs, impair } = options
      const flowsScope = {
        ...(configFile === undefined ? {} : { config: configFile }),
        shippedFolder: SHIPPED_FOLDER,
        env: process.env,
      }
      process.exitCode = await replaySession(
        { file, stream, flow, flowsScope, verdict, beginSeconds: begin, promptMs, impair, showDigits, json },
        write,
      )
    } else if (to === undefined) {
      const { replay } = await import('./cli/replay.ts')
      process.exitCode = await replay({ file, showDigits, json }, write)
    } else {
      const { replayTo } = await import('./cli/replay-to.ts')
      const password = process.env['SOTTO_REPLAY_PASSWORD']
      process.exitCode = await replayTo({ file, to, stream, local, user, password }, write)
    }
  })

program
  .command('scrub')
  .description(
    'replace every digit that was keyed in a capture, so that it may be stored; the outcome is searched before it gets its name',
  )
  .argument('<in>', 'pcap or pcapng, up to 256 MiB')
  .argument('<out>', 'the scrubbed capture; must not exist yet')
  .option('--with <digits>', 'published test numbers whose digits take the place of those keyed, in their order')
  .option('--silence', 'take key presses out instead of putting others in their place', false)
  .option(
    '--blank-unknown',
    'overwrite what cannot be looked into (other codecs, SRTP, tunnels) instead of giving up',
    false,
  )
  .addHelpText(
    'after',
    `
Without --with every digit becomes a 5. Star, hash and the letters stay. Nothing is printed but counts.
Exit codes: 0 written, 1 nothing was written and why, 2 the arguments are wrong.`,
  )
  .action(
    async (input: string, output: string, options: { with?: string; silence: boolean; blankUnknown: boolean }) => {
      const { scrub } = await import('./cli/scrub.ts')
      const { silence, blankUnknown } = options
      process.exitCode = await scrub({ input, output, digits: options.with, silence, blankUnknown }, write)
    },
  )

const prompts = program.command('prompts').description('make and check the sentences that callers hear')
prompts
  .command('build')
  .description('synthesise every prompt whose text changed; recordings of your own are left alone')
  .option('--root <folder>', 'folder of prompts', `${SHIPPED_FOLDER}prompts`)
  .option('--locale <language>', 'only this language')
  .option('--force', 'synthesise all of them', false)
  .action(async (options: { root: string; locale?: string; force: boolean }) => {
    const { promptsBuild } = await import('./cli/prompts.ts')
    process.exitCode = await promptsBuild(options, write)
  })
prompts
  .command('check')
  .description('check format, level, length and freshness of every prompt')
  .option('--root <folder>', 'folder of prompts', `${SHIPPED_FOLDER}prompts`)
  .option('--locale <language>', 'only this language')
  .action(async (options: { root: string; locale?: string }) => {
    const { promptsCheck } = await import('./cli/prompts.ts')
    process.exitCode = await promptsCheck(options, write)
  })

const flows = program
  .command('flows')
  .description('look after flows: what callers are asked for')
  .option('-c, --config <file>', 'configuration file that names the folder; without it ./sotto.yaml when there is one')
const flowsScope = () => ({ ...flows.opts<{ config?: string }>(), shippedFolder: SHIPPED_FOLDER, env: process.env })
flows
  .command('list')
  .description('which flows there are, and which version sessions take')
  .action(async () => {
    const { flowsList } = await import('./cli/flows.ts')
    process.exitCode = flowsList(flowsScope(), write)
  })
flows
  .command('check')
  .description('say what is wrong with a flow, line by line')
  .argument('<flow>', 'a file, the id of a draft, or a version such as card-payment@2')
  .action(async (flow: string) => {
    const { flowsCheck } = await import('./cli/flows.ts')
    process.exitCode = flowsCheck(flowsScope(), flow, write)
  })
flows
  .command('publish')
  .description('check a flow and make it the version that the next sessions take')
  .argument('<flow>', 'a file, or the id of a draft')
  .action(async (flow: string) => {
    const { flowsPublish } = await import('./cli/flows.ts')
    process.exitCode = flowsPublish(flowsScope(), flow, write)
  })
flows
  .command('retire')
  .description('take a version from the next sessions; those that run keep it')
  .argument('<version>', 'such as card-payment@2')
  .action(async (version: string) => {
    const { flowsRetire } = await import('./cli/flows.ts')
    process.exitCode = flowsRetire(flowsScope(), version, write)
  })
flows
  .command('show')
  .description('print a flow as it was written')
  .argument('<flow>', 'an id, for its draft or else its newest version, or a version such as card-payment@2')
  .action(async (flow: string) => {
    const { flowsShow } = await import('./cli/flows.ts')
    process.exitCode = flowsShow(flowsScope(), flow, write)
  })
flows
  .command('new')
  .description('begin a draft as a copy of another flow')
  .argument('<id>', 'id of the new flow')
  .requiredOption('--from <flow>', 'id of the flow that is copied')
  .action(async (id: string, options: { from: string }) => {
    const { flowsNew } = await import('./cli/flows.ts')
    process.exitCode = flowsNew(flowsScope(), id, options.from, write)
  })

program
  .command('verify')
  .description('check audit records offline: signatures, chain, completeness, and what they claim')
  .argument('<path>', 'folder of records, one file of them, or what the API gave of one session')
  .option('--key <file>', 'public key of the node, PEM, as "sotto audit key" prints it')
  .option('--head <digest>', 'digest of a record that was noted elsewhere: it must be among them')
  .option('--running', 'the node runs: sessions that are open at the end are no fault', false)
  .option('--json', 'print JSON', false)
  .action(async (path: string, options: { key?: string; head?: string; running: boolean; json: boolean }) => {
    const { verifyCommand } = await import('./cli/verify.ts')
    const { key: keyFile, head, running, json } = options
    process.exitCode = verifyCommand({ path, keyFile, head, running, json }, write)
  })

program
  .command('audit')
  .description('look after the audit records')
  .command('key')
  .description('print the public key that the records are checked with')
  .option('-c, --config <file>', 'configuration file; ./sotto.yaml when there is one')
  .option('--folder <folder>', "folder of the records, instead of the configuration's")
  .action(async (options: { config?: string; folder?: string }) => {
    const { auditKey } = await import('./cli/audit-key.ts')
    const file = options.config ?? process.env['SOTTO_CONFIG'] ?? (existsSync('sotto.yaml') ? 'sotto.yaml' : undefined)
    const { folder } = options
    process.exitCode = auditKey({ file, folder, shippedFolder: SHIPPED_FOLDER, env: process.env }, write)
  })

const config = program.command('config').description('look after the configuration')
config
  .command('check')
  .description('say what is wrong with a configuration, line by line')
  .argument('[file]', 'configuration file; ./sotto.yaml when absent')
  .action(async (file: string | undefined) => {
    const { configCheck } = await import('./cli/config-check.ts')
    const given = file ?? (existsSync('sotto.yaml') ? 'sotto.yaml' : undefined)
    process.exitCode = await configCheck(
      {
        ...(given === undefined ? {} : { file: given }),
        shippedFolder: SHIPPED_FOLDER,
        env: process.env,
        read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
        exists: existsSync,
      },
      write,
    )
  })

const cert = program.command('cert').description('look at certificates')
cert
  .command('fetch')
  .description("show a server's certificates, and write the one to be trusted into a folder")
  .argument('<host:port>', 'server; port 443 when there is none')
  .option('--out <folder>', 'write it there, after asking; created when it is not there')
  .option('--yes', 'write without asking', false)
  .option('--server-name <name>', 'name to ask for when it is not the host')
  .action(async (target: string, options: { out?: string; yes: boolean; serverName?: string }) => {
    const { certFetch } = await import('./cli/cert-fetch.ts')
    const { out, yes, serverName } = options
    process.exitCode = await certFetch({ target, out, yes, serverName, timeoutMs: 10_000, ask }, write)
  })

const validation = program.command('validation').description('run and test validation services')
validation
  .command('serve')
  .description('run the reference validation service, which takes published test cards only')
  .option('--address <address>', 'address to listen on', '127.0.0.1')
  .option('--port <number>', 'port to listen on', wholeNumber, 8443)
  .option('--folder <folder>', 'where a certificate and a sealing key are made', 'var/validation')
  .option('--cert <file>', 'certificate of your own, PEM; needs --key')
  .option('--key <file>', 'its key, PEM')
  .option('--sealing-key <file>', 'private key for sealed requests, PEM or JWK')
  .option('--card-name <name>', 'name of the item that holds the card number', 'credit card')
  .action(async (options: ServeOptions) => {
    const { validationServe } = await import('./cli/validation-serve.ts')
    const { address, port, folder, cert: certFile, key: keyFile, sealingKey: sealingKeyFile, cardName } = options
    const files = { certFile, keyFile, sealingKeyFile }
    endUnread()
    const serving = await validationServe({ address, port, folder, cardName, wallMs: Date.now(), ...files }, write)
    if (typeof serving === 'number') process.exitCode = serving
  })
validation
  .command('test')
  .description('try a validation service against its contract, with published test cards only')
  .argument('<url>', 'address of the service, https')
  .requiredOption('--ca <file>', 'certificate authorities to trust, PEM')
  .addOption(new Option('--format <name>', 'format of the requests').choices(['xml', 'json', 'sealed']).default('xml'))
  .option('--public-key <file>', 'key of the back end for sealed requests, PEM or JWK')
  .addOption(new Option('--reply <form>', 'as in the configuration').choices(['strict', 'lenient']).default('strict'))
  .option('--server-name <name>', 'name in its certificate when it is not the one in the URL')
  .option('--client-cert <file>', 'certificate shown to it, PEM')
  .option('--client-key <file>', 'its key, PEM')
  .option('--timeout <seconds>', 'most time of a reply', wholeNumber, 10)
  .option('--card-name <name>', 'name of the item that holds the card number', 'credit card')
  .option('--accepted <card>', 'test card that must be accepted', '4012888888881881')
  .option('--declined <card>', 'test card that must be declined')
  .action(async (url: string, options: TestOptions) => {
    const { validationTest } = await import('./cli/validation-test.ts')
    const { ca, format, publicKey, reply, serverName, clientCert, clientKey, timeout, ...cards } = options
    const files = { caFile: ca, publicKeyFile: publicKey, clientCertFile: clientCert, clientKeyFile: clientKey }
    const { accepted, declined, cardName } = cards
    const named = { url, format, reply, serverName, timeoutSeconds: timeout, accepted, declined, cardName, ...files }
    const runId = makeId(randomBytes, 'test-')
    process.exitCode = await validationTest({ ...named, runId, nowMs: () => performance.now() }, write)
  })

type ServeOptions = {
  address: string
  port: number
  folder: string
  cert?: string
  key?: string
  sealingKey?: string
  cardName: string
}

type TestOptions = {
  ca: string
  format: 'xml' | 'json' | 'sealed'
  publicKey?: string
  reply: 'strict' | 'lenient'
  serverName?: string
  clientCert?: string
  clientKey?: string
  timeout: number
  cardName: string
  accepted: string
  declined?: string
}

/** @returns whether the person at the terminal says yes; where there is none, nobody does. */
async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await lines.question(question)
  lines.close()
  return /^y(es)?$/i.test(answer.trim())
}

type ReplayOptions = {
  showDigits: boolean
  json: boolean
  session: boolean
  flow: string
  config?: string
  verdict: 'accepted' | 'declined' | 'failed'
  begin?: number
  promptMs: number
  impair?: string
  to?: string
  stream?: number
  local?: string
  user?: string
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number is needed')
  return Number(text)
}

function seconds(text: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('seconds are needed, as in 12.5')
  return Number(text)
}

program.exitOverride((error) => {
  // Help and version are no errors; wrong arguments are, and say so with an exit code of their own.
  process.exit(error.exitCode === 0 ? 0 : 2)
})
await program.parseAsync()
