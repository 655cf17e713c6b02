/**
 * `sotto start`: finds the configuration and runs the server. Without one it makes a sample: phones on loopback, a validation
 * service that takes published test cards, and a certificate for it that is thrown away at the end.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskFiles } from '../base/config-files.ts'
import { FILE_VARIABLE } from '../base/config-sources.ts'
import { faults } from '../base/faults.ts'
import { makeDevelopmentCertificates } from '../demo/certificate.ts'
import { startValidationChild } from '../validation/child.ts'

export type ControlInput = {
  readonly text: string | undefined
  readonly fileName: string | undefined
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Lines for the person at the terminal. */
  readonly say: (line: string) => void
}

/** Runs control until it ends. @returns the exit code. */
export type RunControl = (input: ControlInput) => Promise<number>

export type StartInput = {
  readonly file: string | undefined
  readonly shippedFolder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly run: RunControl
}

const DEFAULT_FILE = 'sotto.yaml'

/** @returns the exit code: 0 ended as told, 1 could not run, 2 the configuration is wrong. */
export async function start(input: StartInput, write: (line: string) => void): Promise<number> {
  const { env, shippedFolder } = input
  const file = input.file ?? env[FILE_VARIABLE] ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  // The log has standard output to itself; what a person reads goes beside it.
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  if (file === undefined) return startSample(input, say)
  if (!existsSync(file)) {
    write(`There is no file ${file}. Copy config.example.yaml there, or leave out --config to run the sample.`)
    return 2
  }
  const text = diskFiles.read(file)
  if (text === undefined) {
    const { title, advice } = faults['config.not-readable']
    write(`${file}: ${title}. ${advice}`)
    return 2
  }
  return input.run({ text, fileName: file, shippedFolder, env, say })
}

async function startSample(input: StartInput, say: (line: string) => void): Promise<number> {
  const { env, shippedFolder } = input
  const certificates = await makeDevelopmentCertificates(Date.now())
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'))
  const authorityFile = join(folder, 'development-authority.pem')
  writeFileSync(authorityFile, certificates.authority)
  const service = await startValidationChild({
    entry: new URL(`../validation/process${import.meta.filename.slice(-3)}`, import.meta.url).pathname,
    port: 0,
    certificates,
    onReplied: (fields, accepted) =>
      say(`sample validation service: ${fields} fields, ${accepted ? 'accepted' : 'declined'}`),
  })
  say('No sotto.yaml: a sample configuration on loopback, for trying out only. Its phones:')
  say(
    '  alice, password alice-on-loopback, and bob, password bob-on-loopback, at 127.0.0.1:5060; 100 calls alice, 200 calls bob.',
  )
  say(
    '  Whoever is called is the agent: *71 on that phone starts a secure session. Test card 4111 1111 1111 1111, any later date.',
  )
  say('  HTTP API at http://127.0.0.1:8080 with the token token-on-loopback.')
  say(`  Validation goes to ${service.url}, with a certificate made for this run.`)
  try {
    return await input.run({
      text: undefined,
      fileName: undefined,
      shippedFolder,
      env: {
        SOTTO_SECURE_INPUT_VALIDATION_URL: service.url,
        SOTTO_SECURE_INPUT_VALIDATION_CA_FILE: authorityFile,
        ...env,
      },
      say,
    })
  } finally {
    service.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
