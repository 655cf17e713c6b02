/** Reads the access log from its files: a page, newest first, or all of it. The files are the log; whoever reads them needs no server. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recordNames, splitLines } from './store.ts'

export type AccessPage = {
  /** Lines as they stand in the file, newest first. */
  readonly lines: readonly string[]
  /** Number of the record before which the next page ends; undefined when there is no more. */
  readonly before: number | undefined
}

/** @param before number of the record that the page ends before; the newest when undefined. @throws what the file system threw */
export async function readAccessPage(folder: string, before: number | undefined, limit: number): Promise<AccessPage> {
  const names = recordNames(await readdir(folder)).toReversed()
  const lines: string[] = []
  let oldest = before ?? Number.POSITIVE_INFINITY
  for (const name of names) {
    const first = Number(/\d+/.exec(name)?.[0])
    if (first >= oldest || lines.length >= limit) continue
    const whole = splitLines(await readFile(join(folder, name))).lines
    const end = Math.min(whole.length, oldest - first)
    const start = Math.max(0, end - (limit - lines.length))
    lines.push(...whole.slice(start, end).toReversed())
    oldest = first + start
  }
  return { lines, before: lines.length < limit || oldest <= 1 ? undefined : oldest }
}

/** @returns every line, oldest first, and the octets of a last one that was not written to its end. */
export async function readAccessLines(
  folder: string,
): Promise<{ readonly lines: readonly string[]; readonly tornOctets: number }> {
  const lines: string[] = []
  let tornOctets = 0
  for (const name of recordNames(await readdir(folder))) {
    const file = splitLines(await readFile(join(folder, name)))
    lines.push(...file.lines)
    tornOctets += file.tornOctets
  }
  return { lines, tornOctets }
}
