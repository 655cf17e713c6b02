/** Runs `sotto start` as a process of its own for the demo, and talks to its API like any desk would. */

import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import type { TimelineEvent } from './timeline.ts'

export type ServerChild = {
  readonly processId: number
  /** When its process was begun, ms of this process's clock. */
  readonly begunMs: number
  /** Where its API is, and the token for it. */
  readonly base: string
  readonly token: string
  /** Its exit code once it is gone; -1 when a signal ended it. */
  readonly exited: Promise<number>
  /** A call of the API. @returns status and body. */
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<{ status: number; body: unknown }>
  /** Sends it a signal; without effect when it has gone already. */
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGHUP'): void
  /** Ends it with TERM. @returns its exit code, or -1 when it had to be killed. */
  stop(): Promise<number>
}

export type ServerChildOptions = {
  readonly cli: string
  readonly configFile: string
  readonly logFile: string
  readonly httpPort: number
  readonly token: string
  /** What its API speaks; HTTP when absent. Over HTTPS, this process has to trust its certificate. */
  readonly protocol?: 'https'
  readonly onEvent: (event: TimelineEvent) => void
  /** Variables of its environment, which is empty otherwise. */
  readonly environment?: Readonly<Record<string, string>>
  /** Flags of Node for the server. */
  readonly nodeFlags?: readonly string[]
  /** Working folder, where the kernel may write core files; without one there are none that were not there before. */
  readonly coreFolder?: string
  /** Everything that the API says, answers and events, as it comes. */
  readonly onText?: (text: string) => void
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000

/** Starts it and waits until it is ready and tells its events. @throws Error with where to look when it does not start. */
export async function startServerChild(options: ServerChildOptions): Promise<ServerChild> {
  const log = openSync(options.logFile, 'a')
  const command = [process.execPath, ...(options.nodeFlags ?? []), options.cli, 'start', '--config', options.configFile]
  const [file = '', ...args] =
    options.coreFolder === undefined ? command : ['/bin/sh', '-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...command]
  const begunMs = performance.now()
  const child = spawn(file, args, {
    // The configuration file says it all: no variable of the shell may change it, or load anything into the server.
    env: { ...options.environment },
    cwd: options.coreFolder,
    stdio: ['ignore', log, log],
  })
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? -1))
  })
  const base = `${options.protocol ?? 'http'}://127.0.0.1:${options.httpPort}`
  const headers = { authorization: `Bearer ${options.token}` }
  await ready(child, base, options.logFile)
  const events = await fetch(`${base}/api/v1/events`, { headers })
  void readEvents(events, options)
  return {
    processId: child.pid ?? 0,
    begunMs,
    base,
    token: options.token,
    exited,
    signal: (name) => void child.kill(name),
    request: async (method, path, body) => {
      const init =
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }
      const response = await fetch(`${base}${path}`, { method, headers, ...init })
      const text = await response.text()
      options.onText?.(`${text}\n`)
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    },
    stop: async () => {
      child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      const code = await exited
      clearTimeout(limit)
      return code
    },
  }
}

async function ready(child: ChildProcess, base: string, logFile: string): Promise<void> {
  const endMs = performance.now() + START_LIMIT_MS
  while (performance.now() < endMs && child.exitCode === null) {
    const health = await fetch(`${base}/health`).catch(() => undefined)
    if (health?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`the server did not start (${whyNot(readFileSync(logFile, 'utf8'))}): see ${logFile}`)
}

/** @returns what a server said last to whoever started it, and not to its log. */
function whyNot(log: string): string {
  const said = log.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{'))
  return said.at(-1) ?? 'it said nothing'
}

/** Reads server-sent events until the server closes the stream. */
export async function readEvents(
  response: Response,
  { onEvent, onText }: Pick<ServerChildOptions, 'onEvent' | 'onText'>,
): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      const more = decoder.decode(chunk, { stream: true })
      onText?.(more)
      text += more
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const line = text.slice(0, end).match(/^data: (.*)$/m)?.[1]
        text = text.slice(end + 2)
        if (line !== undefined) onEvent(JSON.parse(line))
      }
    }
  } catch {
    // The server ended: there is nothing left to tell.
  }
}
