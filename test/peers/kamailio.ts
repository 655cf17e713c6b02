/** Debian's Kamailio in the foreground, on one UDP port of 127.0.0.1 and others where wanted, with a script of its routes. */

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../src/demo/waiting.ts'

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

/** Starts it and waits until its port is bound. @throws Error with what it said when it does not start. */
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
  await until(() => isOver || isBound(terms.port), `Kamailio on port ${terms.port}`)
  if (isOver) throw new Error(`Kamailio does not start:\n${said}`)
  return { processId: child.pid ?? 0, stop }
}

/** Whether somebody has a UDP port of 127.0.0.1, as the kernel lists them. */
function isBound(port: number): boolean {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/udp', 'latin1').includes(place)
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
