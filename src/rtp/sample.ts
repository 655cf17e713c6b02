/** Linear samples of 16 bits. */

/** @returns `v` clipped to 16 bits; what is not whole stays so. */
export function clip(v: number): number {
  return Math.max(-32768, Math.min(32767, v))
}
