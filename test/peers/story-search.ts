/**
 * Looks for a number in the memory of every process of a server and in every file of its story. In a thread of its own: it takes a second, and several on a busy machine, in which the phones of
 * this process would say nothing; a caller who says nothing for so long is asked anew.
 */

import { readFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { searchFiles } from '../../src/leak/file-search.ts'
import { descendantsOf, type Find, searchMemory } from '../../src/leak/memory-search.ts'
import { digitsOf, type Needle, needlesOf } from '../../src/leak/needles.ts'
import { isAlive } from './leak-watch.ts'

export type Story = {
  /** Process id of control. */
  readonly control: number
  readonly folder: string
  readonly digits: string
}

/** @throws Error when a process cannot be read. */
export function searchStory(story: Story): Promise<readonly Find[]> {
  return new Promise((found, failed) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { story } })
    worker.once('message', found)
    worker.once('error', failed)
  })
}

/** By its entry file, which is the last of its arguments or the one before. */
export function roleOf(pid: number): 'control' | 'media' | 'vault' {
  const entry = /(?:\/|sotto-)(media|vault)\b/.exec(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))?.[1]
  return entry === 'media' || entry === 'vault' ? entry : 'control'
}

/** Those of a server. When one of them ended in the middle of the search, another may have its place: then all are searched again. */
function searchProcesses(control: number, needles: readonly Needle[]): readonly Find[] {
  for (;;) {
    const processIds = descendantsOf(control)
    try {
      return processIds.flatMap((pid) => {
        const role = roleOf(pid)
        return searchMemory(pid, needles).finds.map(({ form, where }) => ({ form, where: `${role}: ${where}` }))
      })
    } catch (thrown) {
      if (processIds.every(isAlive)) throw thrown
    }
  }
}

const given = isMainThread ? undefined : (workerData as { readonly story?: Story } | null)?.story
if (given !== undefined) {
  const needles = needlesOf(digitsOf(given.digits))
  parentPort?.postMessage([...searchProcesses(given.control, needles), ...searchFiles(given.folder, needles)])
}
