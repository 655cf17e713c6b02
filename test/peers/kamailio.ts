/** Debian's Kamailio in the foreground, on one UDP port of 127.0.0.1 and others where wanted, with a script of its routes. */

import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../src/demo/waiting.ts'
import { isBound } from './bound-ports.ts'

export type KamailioTerms = {
  readonly folder: string
  readonly port: number
  /** More places to listen at, such as `tcp:127.0.0.1:5060`. */
  readonly listeners?: readonly string[]
  readonly modules: readonly string[]
  /** Parameters of the modules, and the routes. */
  readonly script: string
}

export type Kamailio = { readonly processId: number; stop(): Promise<void> }

/** A program with a dozen modules takes its time on a busy machine. */
const START_MS = 20_000

/** Starts it and waits until all its ports are bound. @throws Error with what it said when it does not start. */
export async function startKamailio({ folder, script, ...terms }: KamailioTerms): Promise<Kamailio> {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'kamailio.cfg')
  writeFileSync(file, `${head(terms)}\n${script}`)
  const child = spawn('kamailio', ['-f', file, '-DD', '-E', '-w', folder, '-Y', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  let isOver = false
  const ended = new Promise<void>((done) => {
    const over = () => {
      isOver = true
      done()
    }
    child.once('exit', over)
    child.once('error', over)
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  const streams = (terms.listeners ?? []).map((each) => Number(each.split(':').at(-1)))
  const isReady = () => isBound('udp', terms.port) && streams.every((port) => isBound('tcp', port))
  await until(() => isOver || isReady(), `Kamailio on port ${terms.port}`, START_MS)
  if (isOver) throw new Error(`Kamailio does not start:\n${said}`)
  return { processId: child.pid ?? 0, stop }
}

function head({ port, listeners = [], modules }: Omit<KamailioTerms, 'folder' | 'script'>): string {
  const isTls = listeners.some((each) => each.startsWith('tls:'))
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
disable_tcp=${listeners.length > 0 ? 'no' : 'yes'}
${isTls ? 'enable_tls=yes\n' : ''}${listeners.length > 0 ? 'tcp_children=1\ntcp_accept_aliases=yes\n' : ''}auto_aliases=no
listen=udp:127.0.0.1:${port}
${listeners.map((each) => `listen=${each}\n`).join('')}${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}`
}
