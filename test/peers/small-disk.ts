/**
 * Disks that are full, for tests. With leave to mount, each is a file system in memory of a few megabytes, which is filled and emptied. Without, a process is told that no file of its may grow
 * (RLIMIT_FSIZE): then every disk of it is full at once.
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

const SIZE = '6m'
const FILLER = 'filler'

export type SmallDisk = {
  readonly folder: string
  fill(): void
  free(): void
}

/** @returns a disk of its own at a folder that is made; undefined where nobody may mount. It goes with the test. */
export function smallDisk(t: Test, folder: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  chmodSync(folder, 0o700)
  t.teardown(() => execFileSync('umount', ['-l', folder], { stdio: 'ignore' }))
  const filler = join(folder, FILLER)
  return {
    folder,
    fill() {
      // To the last block, whatever else writes meanwhile.
      for (let blocks = freeBlocks(folder), at = 0; blocks > 0 && at < 10; blocks = freeBlocks(folder), at += 1)
        try {
          writeFileSync(filler, Buffer.alloc(blocks * 4096), { flag: 'a' })
        } catch {
          // It is full.
        }
    },
    free: () => rmSync(filler, { force: true }),
  }
}

/** No file of a process may grow, or every one may again; what it has open counts too. */
export function limitFiles(pid: number, isFull: boolean): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${isFull ? '1' : 'unlimited'}:`])
}

function freeBlocks(folder: string): number {
  const { bsize, bavail } = statfsSync(folder)
  return Math.floor((bavail * bsize) / 4096)
}
