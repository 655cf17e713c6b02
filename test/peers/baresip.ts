/**
 * baresip as a phone: a softphone that this project did not write. It answers by itself, hums a tone out of a file, keys digits on
 * command, and writes down what it hears.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { writeWav } from '../../src/rtp/wav.ts'
import { freePort } from './free-port.ts'
import { borrowRange, giveBackRange, RANGE_PORTS } from './port-ranges.ts'

export type BaresipOptions = {
  /** A folder of its own, for its configuration and recordings. */
  readonly folder: string
  /** Its address of record and parameters, as in baresip's accounts file; `PORT` stands for its SIP port. */
  readonly account: string
  /** What it hums, Hz. */
  readonly humHz: number
  /** Writes a WAV of what it hears and says per call; file names have a resolution of a second. */
  readonly record: boolean
  /** Speaks Opus as well, at the rate that is asked of it in its own way: by its configuration. */
  readonly opus?: boolean
  /** Where it listens; 127.0.0.1 when absent. */
  readonly address?: string
  /** Authorities that it trusts for TLS, PEM file; it checks nobody when absent. */
  readonly authorityFile?: string
  /** Certificate and key that it shows over TLS, in one PEM file. */
  readonly identityFile?: string
  /** Whom its command `message` writes to, such as `sip:100@127.0.0.1`; what is written to it is printed. */
  readonly writesTo?: string
  /** Modules beside the usual ones, such as `srtp`. */
  readonly modules?: readonly string[]
}

export type Baresip = {
  readonly sipPort: number
  readonly processId: number
  /** Runs one of its commands, such as `dial` with a URI. @returns its answer. */
  command(name: string, parameters?: string): Promise<string>
  /** What it printed. */
  log(): string
  /** WAV files of what it heard, oldest first. */
  heard(): readonly string[]
  /** Resolves when its output matches. Rejects with the output after the limit. */
  printed(pattern: RegExp, limitMs: number): Promise<void>
  stop(): Promise<void>
}

const HUM_SECONDS = 120
const RATE_HZ = 8000

/** Starts baresip and waits until it is ready. @throws Error when it is not installed or does not start. */
export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const [sipPort, controlPort, consolePort] = [await freePort(), await freePort(), await freePort()]
  const address = options.address ?? '127.0.0.1'
  const soundPort = borrowRange()
  const recordings = join(options.folder, 'heard')
  mkdirSync(recordings, { recursive: true })
  const humFile = join(options.folder, 'hum.wav')
  writeFileSync(humFile, writeWav(hum(options.humHz), RATE_HZ))
  writeFileSync(
    join(options.folder, 'config'),
    configuration(options, sipPort, controlPort, consolePort, soundPort, humFile, recordings),
  )
  writeFileSync(join(options.folder, 'accounts'), `${options.account.replaceAll('PORT', String(sipPort))}\n`)
  writeFileSync(
    join(options.folder, 'contacts'),
    options.writesTo === undefined ? '' : `"Other" <${options.writesTo}>\n`,
  )

  const child = spawn('baresip', ['-4', '-n', address, '-f', options.folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.once('exit', () => giveBackRange(soundPort))
  const output = collect(child)
  await output.matches(/baresip is ready/, 10_000)
  const control = await connectTo(controlPort)
  const terminal = options.writesTo === undefined ? undefined : await connectTo(consolePort)
  terminal?.on('data', output.take)

  return {
    sipPort,
    processId: child.pid ?? 0,
    command: (name, parameters = '') => ask(control, name, parameters),
    log: output.text,
    heard: () =>
      readdirSync(recordings)
        .filter((name) => name.endsWith('-dec.wav'))
        .sort()
        .map((name) => join(recordings, name)),
    printed: output.matches,
    stop: () =>
      new Promise((resolve) => {
        control.destroy()
        terminal?.destroy()
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), 2000).unref()
      }),
  }
}

function hum(frequencyHz: number): Int16Array {
  const samples = new Int16Array(HUM_SECONDS * RATE_HZ)
  for (let i = 0; i < samples.length; i++) samples[i] = 6000 * Math.sin((2 * Math.PI * frequencyHz * i) / RATE_HZ)
  return samples
}

function configuration(
  options: BaresipOptions,
  sipPort: number,
  controlPort: number,
  consolePort: number,
  soundPort: number,
  humFile: string,
  recordings: string,
): string {
  const modules = [
    'g711',
    'g722',
    'aufile',
    'aubridge',
    ...(options.record ? ['sndfile'] : []),
    ...(options.opus ? ['opus'] : []),
    ...(options.modules ?? []),
  ]
  return [
    'poll_method epoll',
    `sip_listen ${options.address ?? '127.0.0.1'}:${sipPort}`,
    ...(options.authorityFile === undefined ? [] : [`sip_cafile ${options.authorityFile}`]),
    ...(options.identityFile === undefined ? [] : [`sip_certificate ${options.identityFile}`]),
    'call_max_calls 64',
    'audio_player aubridge,nil',
    `audio_source aufile,${humFile}`,
    'audio_alert aubridge,nil',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'ausrc_channels 1',
    'auplay_channels 1',
    // Any from 1024 on otherwise, those of servers of tests among them.
    `rtp_ports ${soundPort}-${soundPort + RANGE_PORTS - 1}`,
    'rtp_stats yes',
    'module_path /usr/lib/baresip/modules',
    ...modules.map((name) => `module ${name}.so`),
    'module_app account.so',
    // What is written to it is told on its console alone.
    ...(options.writesTo === undefined
      ? []
      : ['module_app contact.so', 'module cons.so', `cons_listen 127.0.0.1:${consolePort}`]),
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    `snd_path ${recordings}`,
    ...(options.opus ? ['opus_bitrate 28000', 'opus_inbandfec yes', 'opus_application voip'] : []),
    '',
  ].join('\n')
}

function collect(child: ChildProcess) {
  let text = ''
  const waiting = new Set<() => void>()
  const take = (chunk: Buffer) => {
    text += chunk.toString('utf8')
    for (const check of waiting) check()
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  child.once('error', (error) => take(Buffer.from(`\n${error.message}\n`)))
  return {
    take,
    text: () => text,
    matches: (pattern: RegExp, limitMs: number) =>
      new Promise<void>((resolve, reject) => {
        const check = () => {
          if (!pattern.test(text)) return
          clearTimeout(limit)
          waiting.delete(check)
          resolve()
        }
        const limit = setTimeout(() => {
          waiting.delete(check)
          reject(new Error(`baresip did not print ${String(pattern)}:\n${text}`))
        }, limitMs)
        waiting.add(check)
        check()
      }),
  }
}

function connectTo(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

let tokens = 0

/** Its control port speaks netstrings with JSON in them; events come unasked and are passed over. */
function ask(control: Socket, command: string, params: string): Promise<string> {
  tokens += 1
  const token = `t${tokens}`
  const body = JSON.stringify({ command, params, token })
  return new Promise((resolve, reject) => {
    let text = ''
    const limit = setTimeout(() => done(new Error(`baresip did not answer '${command}'`)), 5000)
    const take = (chunk: Buffer) => {
      text += chunk.toString('utf8')
      const answer = new RegExp(`\\{[^{}]*"token":"${token}"[^{}]*\\}`).exec(text)
      if (answer !== null) done(answer[0])
    }
    const done = (result: string | Error) => {
      clearTimeout(limit)
      control.off('data', take)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    control.on('data', take)
    control.write(`${Buffer.byteLength(body)}:${body},`)
  })
}
