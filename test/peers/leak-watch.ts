/**
 * Searches processes and files for card numbers while calls run, in a process of its own, since a search takes a second in which a phone
 * would say nothing. Run with `fork`, or through `startLeakWatch`.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { searchFiles } from '../../src/leak/file-search.ts'
import { type Find, searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, type Needle, needlesOf } from '../../src/leak/needles.ts'

export type LeakWatch = {
  /** What is looked for from now on. @param canary a number whose every part is looked for; of the others ten digits and more. */
  know(canary: string, others: readonly string[]): Promise<void>
  /** @returns what was found in those processes and below that folder. Processes that end meanwhile hold nothing. */
  search(processIds: readonly number[], folder?: string): Promise<readonly Find[]>
  close(): void
}

type Command =
  | { readonly do: 'know'; readonly canary: string; readonly others: readonly string[] }
  | { readonly do: 'search'; readonly processIds: readonly number[]; readonly folder: string | undefined }

/** Shorter parts of numbers that were made up at random turn up in any memory by chance. */
const PART_DIGITS = 10
const LEAST_OCTETS = 8
const NICENESS = 10

/** Starts the process; it ends with `close`, or with this one. */
export function startLeakWatch(): LeakWatch {
  const child = fork(import.meta.filename, [], { env: {}, execArgv: [] })
  const ended = once(child, 'exit').then(() => [undefined])
  let last: Promise<unknown> = Promise.resolve()
  const ask = (command: Command): Promise<readonly Find[]> => {
    const answer = last.then(async () => {
      child.send(command)
      const [found] = await Promise.race([once(child, 'message'), ended])
      if (found === undefined) throw new Error('the search for leaks broke off')
      return found as readonly Find[]
    })
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    know: async (canary, others) => void (await ask({ do: 'know', canary, others })),
    search: (processIds, folder) => ask({ do: 'search', processIds, folder }),
    close: () => {
      if (child.connected) child.disconnect()
    },
  }
}

/** What tells a random number from chance: whole in any dress of eight octets or more, and ten digits of it in the plain ones. */
export function longNeedlesOf(digits: string): readonly Needle[] {
  const whole = needlesOf(digitsOf(digits)).filter(
    ({ form, octets }) => !/digits \d+ to \d+$/.test(form) && octets.length >= LEAST_OCTETS,
  )
  const parts = Array.from({ length: digits.length - PART_DIGITS + 1 }, (_, at) => digits.slice(at, at + PART_DIGITS))
  return [
    ...whole,
    ...parts.flatMap((part) => [
      { form: 'ten digits, text', octets: Buffer.from(part, 'latin1'), alone: false },
      { form: 'ten digits, UTF-16', octets: Buffer.from(part, 'utf16le'), alone: false },
      { form: 'ten digits, codes', octets: Buffer.from(digitsOf(part)), alone: false },
    ]),
  ]
}

let needles: readonly Needle[] = []

function obey(command: Command): readonly Find[] {
  if (command.do === 'know') {
    needles = [...needlesOf(digitsOf(command.canary)), ...command.others.flatMap(longNeedlesOf)]
    return []
  }
  const { processIds, folder } = command
  return [...processIds.flatMap((pid) => findsIn(pid)), ...(folder === undefined ? [] : searchFiles(folder, needles))]
}

function findsIn(pid: number): readonly Find[] {
  try {
    return searchMemory(pid, needles).finds
  } catch (unreadable) {
    if (isAlive(pid)) throw unreadable
    return []
  }
}

/** A process that has ended and that nobody has asked about yet is a zombie: it holds no memory. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  setPriority(NICENESS)
  process.on('message', (command: Command) => process.send?.(obey(command)))
  process.on('disconnect', () => process.exit(0))
}
