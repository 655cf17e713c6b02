/** Big-endian numbers in octets, read and written by index. Ranges are the caller's business: each format checks its length first. */

/** @returns the unsigned 16-bit number at `at`. */
export function read16(p: Uint8Array, at: number): number {
  return ((p[at] as number) << 8) | (p[at + 1] as number)
}

/** @returns the unsigned 32-bit number at `at`. */
export function read32(p: Uint8Array, at: number): number {
  return (
    (((p[at] as number) << 24) |
      ((p[at + 1] as number) << 16) |
      ((p[at + 2] as number) << 8) |
      (p[at + 3] as number)) >>>
    0
  )
}

/** Writes the low 16 bits of `v` at `at`. */
export function write16(p: Uint8Array, at: number, v: number): void {
  p[at] = v >>> 8
  p[at + 1] = v
}

/** Writes the low 32 bits of `v` at `at`. */
export function write32(p: Uint8Array, at: number, v: number): void {
  p[at] = v >>> 24
  p[at + 1] = v >>> 16
  p[at + 2] = v >>> 8
  p[at + 3] = v
}
