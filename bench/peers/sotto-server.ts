/** Sotto as it would run, for measuring: all its processes, its default log into a file, one trunk, and calls of 300 sent to a PBX. */

import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { until } from '../../src/demo/waiting.ts'
import { freePort } from '../../test/peers/free-port.ts'
import { TRUNK_ADDRESS } from '../../test/peers/sotto.ts'
import type { Inside } from './inside-control.ts'
import type { Measured } from './process-tree.ts'

const START_LIMIT_MS = 60_000
const LOOK_MS = 50
export const SOTTO_PORTS = { min: 10_000, max: 23_999 } as const

export type SottoServerOptions = {
  readonly folder: string
  readonly pbxPort: number
  /** Folder for CPU profiles of control, written when it ends. */
  readonly profile?: string
  /** More YAML at the top level. */
  readonly more?: string
  /** The only core that it has, from its beginning on; absent or -1: it may have all. */
  readonly core?: number
}

export type SottoServer = Measured & {
  /** What control tells of itself, lateness since it was asked last. */
  inside(): Promise<Inside>
}

/** Starts it and waits until it is ready. @throws Error when it does not start. */
export async function startSottoServer(options: SottoServerOptions): Promise<SottoServer> {
  const { folder } = options
  mkdirSync(folder, { recursive: true })
  const [sipPort, httpPort] = [await freePort(), await freePort()]
  const configFile = join(folder, 'sotto.yaml')
  writeFileSync(configFile, `${configuration(sipPort, httpPort, options.pbxPort)}${options.more ?? ''}`)
  const log = openSync(join(folder, 'server.log'), 'a')
  const cli = resolve(import.meta.dirname, '../../src/cli.ts')
  const { profile } = options
  const profiled = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const insideFile = join(folder, 'inside.log')
  const flags = [...profiled, `--import=${import.meta.resolve('./inside-control.ts')}`]
  const { core = -1 } = options
  const onCore = core < 0 ? [] : ['taskset', '-c', String(core)]
  const [program = '', ...args] = [...onCore, process.execPath, ...flags, cli, 'start', '--config', configFile]
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', BENCH_INSIDE: insideFile },
    stdio: ['ignore', log, log],
    cwd: folder,
  })
  closeSync(log)
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGINT')
    await ended
  }
  const endMs = performance.now() + START_LIMIT_MS
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${httpPort}/health`).catch(() => undefined)
    if (health?.ok === true) break
    if (child.exitCode !== null || performance.now() > endMs) {
      await stop()
      throw new Error('Sotto does not start')
    }
    await new Promise((again) => setTimeout(again, LOOK_MS))
  }
  const told = () => (existsSync(insideFile) ? readFileSync(insideFile, 'utf8').split('\n').slice(0, -1) : [])
  const inside = async (): Promise<Inside> => {
    const before = told().length
    child.kill('SIGUSR2')
    await until(() => told().length > before, 'control telling of itself', START_LIMIT_MS)
    return JSON.parse(told().at(-1) ?? '') as Inside
  }
  return { name: 'Sotto', sipPort, processIds: [child.pid ?? 0], stop, inside }
}

function configuration(sipPort: number, httpPort: number, pbxPort: number): string {
  return `sip:
  listeners: [{ transport: udp, address: 127.0.0.1, port: ${sipPort} }]
media: { portMin: ${SOTTO_PORTS.min}, portMax: ${SOTTO_PORTS.max}, codecs: [PCMA, PCMU, G722] }
trunks:
  - { name: carrier, addresses: [${TRUNK_ADDRESS}] }
routes:
  - { number: "300", to: { uri: "sip:300@127.0.0.1:${pbxPort}" } }
http: { port: ${httpPort} }
`
}
