/** Small programs in C that the benchmarks need: compiled into a temporary folder, spoken with by lines. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** Compiles `NAME.c` of this folder. @returns the program. @throws Error that says what is missing. */
export function compile(name: string, folder: string, flags: readonly string[] = []): string {
  const program = join(folder, [name, ...flags].join(''))
  const source = join(import.meta.dirname, `${name}.c`)
  try {
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', program, source, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return program
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error('no gcc here: apt-get install gcc libc6-dev', { cause: error })
    throw error
  }
}

/** A machine that does other work too may be slow; one that hangs is not waited for. */
const LINE_MS = 60_000

export type Program = {
  readonly pid: number
  /** The next line it prints. @throws Error when it ends instead, or says nothing for `limitMs`. */
  line(limitMs?: number): Promise<string>
  write(text: string): void
  /** Ends it and waits until it has. */
  stop(): Promise<void>
}

/** Starts a program whose words are lines. What it says on standard error goes to ours. */
export function run(program: string, words: readonly (string | number)[]): Program {
  const child: ChildProcess = spawn(program, words.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit')
  // It may end while it is written to; the next line tells.
  stdin.on('error', () => undefined)
  return {
    pid: child.pid ?? 0,
    async line(limitMs = LINE_MS) {
      const waited = new AbortController()
      const limit = pause(limitMs, undefined, { signal: waited.signal }).then(
        () => undefined,
        () => undefined,
      )
      const next = await Promise.race([lines.next(), limit])
      waited.abort()
      if (next?.done !== false) throw new Error(`${program} ${next === undefined ? 'is silent' : 'ended'}`)
      return next.value
    },
    write: (text) => void stdin.write(text),
    async stop() {
      stdin.end()
      child.kill('SIGKILL')
      await ended
    },
  }
}
