/**
 * `sotto leak-test` against a server that runs already. Run after the tests that plant leaks and not beside them: their core files and
 * planted copies lie in the folder for temporary files, which is searched.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { type Sotto, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

/** Published, and no number of another test: what others leave in folders for temporary files is none of this one. */
const NUMBER = '30569309025904'
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

type Sink = { readonly sink: string; readonly finds: readonly unknown[]; readonly unsearched: string }

async function opened(t: Test): Promise<Sotto> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const { port, authority } = validation
  return startSotto(t, { validationUrl: `https://127.0.0.1:${port}/validate`, caText: authority })
}

/** Runs the command. @returns its exit code, its report, and what it printed. */
function leakTest(sotto: Sotto, ...more: string[]): Promise<{ code: number; sinks: readonly Sink[]; output: string }> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(sotto.folder, name), `${text}\n`)
    return join(sotto.folder, name)
  }
  // Not in the server's folder, which is searched.
  const own = mkdtempSync(join(tmpdir(), 'sotto-live-'))
  const numberFile = join(own, 'number')
  writeFileSync(numberFile, NUMBER)
  const args = [CLI, 'leak-test', '--json', '--server', String(sotto.server.processId), '--api', sotto.server.base]
  args.push('--token-file', file('token', sotto.server.token), '--number-file', numberFile)
  args.push('--trunk', TRUNK_ADDRESS, '--sound', '127.0.0.1', '--interface', 'lo', '--folder', sotto.folder)
  args.push('--log', join(sotto.folder, 'server.log'), '--out', join(own, 'out'), ...more)
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('close', (code) => {
      rmSync(own, { recursive: true, force: true })
      const line = output.split('\n').find((each) => each.startsWith('{'))
      done({ code: code ?? -1, sinks: line === undefined ? [] : JSON.parse(line).sinks, output })
    })
  })
}

export function testLive(t: Test): void {
  t.test('a call of its own', async (t) => {
    const sotto = await opened(t)
    const password = join(sotto.folder, 'password')
    writeFileSync(password, 'agent-password-1\n')
    const call = ['--sip', `127.0.0.1:${sotto.sipPort}`, '--call', '100', '--account', 'agent']
    const { code, sinks, output } = await leakTest(
      sotto,
      ...call,
      '--password-file',
      password,
      '--agent-address',
      '127.0.0.3',
    )
    t.strictSame(
      sinks.filter(({ finds }) => finds.length > 0),
      [],
      'nothing is found',
    )
    const unsearched = sinks.filter((each) => each.unsearched !== '').map(({ sink }) => sink)
    t.strictSame(
      unsearched.filter((sink) => !/^heap snapshot|^vault: not/.test(sink)),
      [],
      'and everything is searched but what would stop a process',
    )
    t.equal(code, 3, output.slice(-2000))
    t.ok(sinks.length > 12)
  })

  t.test('wrong arguments are said', async (t) => {
    const sotto = await opened(t)
    const { code, output } = await leakTest(sotto, '--sip', 'nowhere')
    t.equal(code, 2)
    t.match(output, /--sip HOST:PORT needs/)
  })
}
