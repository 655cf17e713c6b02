/** Debian's sipp as a SIP peer that this project did not write. A scenario file is a template: `KEY_AFTER_MS` and the like are filled in. */

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { borrowRange, giveBackRange } from './port-ranges.ts'

export type SippOptions = {
  /** A folder of its own for the filled-in scenario and sipp's logs. */
  readonly folder: string
  readonly scenarioFile: string
  readonly fill: Readonly<Record<string, string>>
  /** Where it sends to, `address:port`; absent for a scenario that waits for calls. */
  readonly target?: string
  readonly service?: string
  readonly transport: 'udp' | 'tcp'
  readonly calls: number
  /** Calls begun a second. */
  readonly rate: number
  /** Gives up after this many seconds. */
  readonly limitSeconds: number
  readonly port?: number
  /** Where it listens and sends from; 127.0.0.1 when absent. A trunk is known by its address. */
  readonly address?: string
  /** Lines for `[field0]` and so on in the scenario, fields parted by `;`: one line a call, in order. */
  readonly lines?: readonly string[]
  /** More of its command line. */
  readonly more?: readonly string[]
  /** Sends received RTP back. */
  readonly echo?: boolean
}

export type Sipp = {
  readonly port: number
  readonly processId: number
  /** 0: every call went as the scenario says. 1: at least one did not. @returns its exit code and what it printed. */
  readonly ended: Promise<{ readonly code: number; readonly output: string }>
  stop(): void
}

/** @throws Error when sipp is not installed. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  mkdirSync(options.folder, { recursive: true })
  const scenario = join(options.folder, 'scenario.xml')
  let text = readFileSync(options.scenarioFile, 'utf8')
  for (const [name, value] of Object.entries(options.fill)) text = text.replaceAll(name, value)
  writeFileSync(scenario, text)
  const port = options.port ?? (await freePort())
  // It tries one port for sound and ends when somebody has that: none of those that the system gives to phones of tests beside it.
  const mediaPort = borrowRange()
  const address = options.address ?? '127.0.0.1'
  const lines = join(options.folder, 'lines.csv')
  if (options.lines !== undefined) writeFileSync(lines, `SEQUENTIAL\n${options.lines.join('\n')}\n`)
  const child = spawn(
    'sipp',
    [
      ...(options.target === undefined ? [] : [options.target]),
      ...(options.service === undefined ? [] : ['-s', options.service]),
      ...['-sf', scenario, '-i', address, '-p', String(port), '-mi', address],
      ...(options.lines === undefined ? [] : ['-inf', lines]),
      ...['-mp', String(mediaPort)],
      ...['-t', options.transport === 'udp' ? 'u1' : 't1'],
      ...['-m', String(options.calls), '-r', String(options.rate), '-l', String(options.calls)],
      ...['-timeout', `${options.limitSeconds}s`, '-timeout_error', '-nostdin'],
      ...['-trace_err', '-error_file', join(options.folder, 'errors.log')],
      ...(options.echo === true ? ['-rtp_echo'] : []),
      ...(options.more ?? []),
    ],
    { cwd: options.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb' } },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString('latin1')).slice(-20_000)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString('latin1')).slice(-20_000)
  })
  const ended = new Promise<{ code: number; output: string }>((resolve, reject) => {
    child.once('error', () => reject(new Error('sipp is not installed: run scripts/install-debian-packages.sh')))
    child.once('close', (code) => {
      giveBackRange(mediaPort)
      resolve({ code: code ?? -1, output })
    })
  })
  return { port, processId: child.pid ?? 0, ended, stop: () => void child.kill('SIGUSR1') }
}
