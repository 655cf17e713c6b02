/** `sotto validation` and `sotto cert`: the service that checks what was keyed. */

import { randomBytes } from 'node:crypto'
import { type Command, Option } from 'commander'
import { makeId } from '../base/ids.ts'
import { wholeNumber } from './arguments.ts'
import type { Cli } from './cli.ts'

/** Adds them to the program. */
export function addValidationCommands(program: Command, cli: Cli): void {
  const { write, endUnread } = cli
  const cert = program.command('cert').description('look at certificates')
  cert
    .command('fetch')
    .description("show a server's certificates, and write the one to be trusted into a folder")
    .argument('<host:port>', 'server; port 443 when there is none')
    .option('--out <folder>', 'write it there, after asking; created when it is not there')
    .option('--yes', 'write without asking', false)
    .option('--server-name <name>', 'name to ask for when it is not the host')
    .action(async (target: string, options: { out?: string; yes: boolean; serverName?: string }) => {
      const { certFetch } = await import('./cert-fetch.ts')
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
      const { validationServe } = await import('./validation-serve.ts')
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
    .addOption(
      new Option('--format <name>', 'format of the requests').choices(['xml', 'json', 'sealed']).default('xml'),
    )
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
      const { validationTest } = await import('./validation-test.ts')
      const { ca, format, publicKey, reply, serverName, clientCert, clientKey, timeout, ...cards } = options
      const files = { caFile: ca, publicKeyFile: publicKey, clientCertFile: clientCert, clientKeyFile: clientKey }
      const { accepted, declined, cardName } = cards
      const named = { url, format, reply, serverName, timeoutSeconds: timeout, accepted, declined, cardName, ...files }
      const runId = makeId(randomBytes, 'test-')
      process.exitCode = await validationTest({ ...named, runId, nowMs: () => performance.now() }, write)
    })
}

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
