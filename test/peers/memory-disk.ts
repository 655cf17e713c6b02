/** A disk in memory behind the seam `RecordingDisk`: keeps what is appended piece by piece, can be full, slow or gone. */

import type { OpenRecording, RecordingDisk } from '../../src/media/recording-file.ts'
import { readSegment, type Segment } from '../../src/record/segment.ts'

export type MemoryDisk = RecordingDisk & {
  /** By path: what was appended, in order; empty while `keeping` is off. */
  readonly files: ReadonlyMap<string, readonly Uint8Array[]>
  /** Nothing can be opened, or appended. */
  full: boolean
  /** By path: how many pieces the disk was made to hold through a power cut. */
  readonly synced: ReadonlyMap<string, number>
  /** It holds nothing through a power cut, and says so. */
  forgetful: boolean
  /** Off: what is appended is forgotten. */
  keeping: boolean
  /** Files that are open. */
  opened: number
  /** From now on appending waits. @returns lets it go on. */
  hold(): () => void
  /** Segments of a file whose content was not sealed. */
  segments(path: string): readonly Segment[]
}

/** @returns an empty disk. */
export function memoryDisk(): MemoryDisk {
  const files = new Map<string, Uint8Array[]>()
  const synced = new Map<string, number>()
  let held: Promise<void> | undefined
  const disk: MemoryDisk = {
    files,
    synced,
    full: false,
    forgetful: false,
    keeping: true,
    opened: 0,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return () => {
        held = undefined
        resolve()
      }
    },
    segments: (path) =>
      (files.get(path) ?? []).map((octets) => {
        const segment = readSegment(octets)
        if (segment === undefined) throw new Error('not a segment')
        return segment
      }),
    async open(path): Promise<OpenRecording> {
      if (disk.full) throw new Error('ENOSPC')
      const pieces = files.get(path) ?? []
      files.set(path, pieces)
      disk.opened++
      return {
        async append(sealed) {
          await held
          if (disk.full) throw new Error('ENOSPC')
          if (disk.keeping) pieces.push(sealed)
        },
        async sync() {
          if (disk.forgetful) throw new Error('EIO')
          synced.set(path, pieces.length)
        },
        async close() {
          disk.opened--
        },
      }
    },
  }
  return disk
}
