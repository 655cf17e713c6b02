/** A server with the door alone: no phones, its API over HTTPS, started in a folder and again in the same one. */

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { type DevelopmentCertificates, makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { freePort } from './free-port.ts'

export const DOOR_TOKEN = 'story-token-on-loopback'
const TRIES = 3
const CLI = resolve(import.meta.dirname, '../../src/cli.ts')

export type Answer = {
  readonly status: number
  readonly json: Record<string, unknown>
  readonly headers: IncomingMessage['headers']
}

type Furnished = { readonly port: number; readonly authority: string }

/**
 * Writes a configuration and a certificate.
 * @param more YAML, which may need the port and the certificate. @returns the port of the API, and who has signed its certificate.
 */
export async function furnish(
  folder: string,
  more: string | ((port: number, certificates: DevelopmentCertificates) => Promise<string>) = '',
): Promise<Furnished> {
  const certificates = await makeDevelopmentCertificates(Date.now())
  const { authority, certificate, key } = certificates
  writeFileSync(join(folder, 'cert.pem'), certificate)
  writeFileSync(join(folder, 'key.pem'), key)
  const [sipPort, port] = [await freePort(), await freePort()]
  writeFileSync(
    join(folder, 'sotto.yaml'),
    `sip:\n  listeners:\n    - { transport: udp, address: 127.0.0.1, port: ${sipPort} }
media: { processes: 1 }
http:\n  port: ${port}\n  tls: { certFile: cert.pem, keyFile: key.pem }\n  tokens: [{ name: story, token: ${DOOR_TOKEN} }]
drainSeconds: 0\n${typeof more === 'string' ? more : await more(port, certificates)}`,
  )
  return { port, authority }
}

/**
 * Starts the server of a furnished folder; patiently, since it gives up when its processes do not start within seconds, as on a machine that is very busy with other tests.
 * @returns asks it, and ends it.
 */
export async function startHttps(...how: Parameters<typeof startOnce>) {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(...how)
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

async function startOnce(
  t: Test,
  folder: string,
  port: number,
  authority: string,
  environment: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [CLI, 'start', '--config', join(folder, 'sotto.yaml')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    child.kill(signal)
    await gone
  }
  const stop = () => end('SIGINT')
  t.teardown(stop)
  const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    new Promise<Answer>((resolve, reject) => {
      const options: RequestOptions = { host: '127.0.0.1', port, path, method, ca: authority, headers: { ...headers } }
      if (body !== undefined) options.headers = { ...headers, 'content-type': 'application/json' }
      const asked = request(options, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            json: text === '' ? {} : JSON.parse(text),
            headers: response.headers,
          }),
        )
      })
      asked.on('error', reject)
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
  for (;;) {
    const health = await ask('GET', '/health', {}).catch(() => undefined)
    if (health?.status === 200) break
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it did not start: ${log.slice(-2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { ask, stop, kill: () => end('SIGKILL'), log: () => log }
}
