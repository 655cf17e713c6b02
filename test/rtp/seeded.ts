/** Randomness that can be had again: every test that uses it names its seed when it fails (`SEED=… node test/…` repeats it). */

const USUAL_SEED = 727_393_774

/** Seed of this run: always the same one, so that a change is judged by what it changed; `SEED` explores others. */
export const SEED: number = Number(process.env['SEED'] ?? USUAL_SEED)

/** @returns a source of numbers from 0 to below 1 (Mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let v = Math.imul(state ^ (state >>> 15), 1 | state)
    v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v
    return ((v ^ (v >>> 14)) >>> 0) / 4294967296
  }
}

/** @returns random octets. */
export function octets(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

/** Calls `check` with every truncation, every single-bit flip, and 2000 random strings of octets in place of `sound`. */
export function hostile(sound: Uint8Array, check: (bytes: Uint8Array, what: string) => void): void {
  for (let length = 0; length < sound.length; length++) check(sound.slice(0, length), `cut to ${length}`)
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const flipped = sound.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    check(flipped, `bit ${bit} flipped`)
  }
  const random = seeded(SEED)
  for (let i = 0; i < 2000; i++) {
    const bytes = octets(random, Math.floor(random() * 2 * (sound.length + 8)))
    // Half of them get as far as looking right at the front.
    if (i % 2 === 0) bytes.set(sound.subarray(0, Math.min(2, bytes.length)))
    check(bytes, `random ${i} of seed ${SEED}`)
  }
}
