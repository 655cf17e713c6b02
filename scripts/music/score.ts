/**
 * The hold music as a score: 24 bars in D major at 72 beats a minute (80 s), form A A' B, written by this project. The last
 * bar is the dominant, so that the first bar is where it wants to go. Electric piano and pad carry the harmony, a bass
 * walks under it, a nylon guitar sings and in B changes parts with the piano.
 */

export type Note = {
  /** When it begins, in beats from the start of the piece. */
  readonly beat: number
  readonly beats: number
  /** MIDI key number, 60 is the middle C. */
  readonly key: number
  /** How hard, 1 to 127. */
  readonly velocity: number
}

export type Part = {
  readonly name: string
  /** Program of General MIDI, counted from 0. */
  readonly program: number
  /** Channel volume, pan and reverb send, 0 to 127. */
  readonly volume: number
  readonly pan: number
  readonly reverb: number
  readonly notes: readonly Note[]
}

export const TEMPO_BPM = 72
const BEATS_PER_BAR = 4

type Chord = { readonly bass: string; readonly voices: readonly string[] }

const chords: Readonly<Record<string, Chord>> = {
  Dmaj9: { bass: 'D2', voices: ['F#3', 'A3', 'C#4', 'E4'] },
  Bm9: { bass: 'B1', voices: ['A3', 'C#4', 'D4', 'F#4'] },
  Gmaj9: { bass: 'G2', voices: ['F#3', 'A3', 'B3', 'D4'] },
  A13sus: { bass: 'A2', voices: ['G3', 'B3', 'D4', 'F#4'] },
  'F#m7': { bass: 'F#2', voices: ['E3', 'A3', 'C#4', 'E4'] },
  Em9: { bass: 'E2', voices: ['G3', 'B3', 'D4', 'F#4'] },
  'Gm6/9': { bass: 'G2', voices: ['A3', 'Bb3', 'D4', 'E4'] },
  B7sus: { bass: 'B1', voices: ['A3', 'B3', 'E4', 'F#4'] },
  B7b9: { bass: 'B1', voices: ['A3', 'C4', 'D#4', 'F#4'] },
  'A/G': { bass: 'G2', voices: ['A3', 'C#4', 'E4', 'A4'] },
  Bbmaj9: { bass: 'Bb1', voices: ['A3', 'C4', 'D4', 'F4'] },
}

/** One bar: its chord or two of two beats each, and the melody as `pitch:beats`, `r` being a rest. */
type Bar = readonly [harmony: string, melody: string]

const partA: readonly Bar[] = [
  ['Dmaj9', 'r:1 A4:.5 C#5:.5 E5:1.5 D5:.5'],
  ['Bm9', 'C#5:2 A4:.5 B4:.5 F#4:1'],
  ['Gmaj9', 'r:1 F#4:.5 A4:.5 B4:1.5 A4:.5'],
  ['A13sus', 'B4:1 F#4:1 G4:.5 E4:1.5'],
  ['F#m7', 'r:1 A4:.5 C#5:.5 E5:1 F#5:1'],
  ['Bm9', 'D5:1.5 C#5:.5 A4:2'],
  ['Em9', 'r:.5 G4:.5 B4:.5 D5:.5 F#5:1.5 E5:.5'],
  ['A13sus', 'D5:.5 E5:.5 B4:1.5 r:1.5'],
]
const partASecond: readonly Bar[] = [
  ['Dmaj9', 'r:1 A4:.5 C#5:.5 E5:1.5 F#5:.5'],
  ['Bm9', 'C#5:2.5 D5:.5 B4:1'],
  ['Gmaj9', 'r:.5 A4:.5 B4:.5 D5:.5 F#5:1.5 E5:.5'],
  ['Gm6/9', 'D5:2 Bb4:.5 A4:.5 G4:1'],
  ['F#m7', 'A4:2.5 r:.5 C#5:.5 B4:.5'],
  ['B7sus B7b9', 'A4:1.5 F#4:.5 D#5:1 C5:1'],
  ['Em9', 'B4:1 G4:.5 B4:.5 D5:1 F#5:1'],
  ['A13sus', 'E5:1.5 D5:.5 B4:1.5 r:.5'],
]
const partB: readonly Bar[] = [
  ['Gmaj9', 'r:.5 D5:.5 F#5:1 E5:.5 D5:.5 B4:1'],
  ['A/G', 'C#5:1.5 E5:.5 A4:2'],
  ['F#m7', 'r:.5 C#5:.5 E5:1 D5:.5 C#5:.5 A4:1'],
  ['Bm9', 'B4:1.5 C#5:.5 F#4:2'],
  ['Em9', 'r:.5 B4:.5 D5:.5 E5:.5 F#5:1 G5:1'],
  ['F#m7', 'E5:1.5 C#5:.5 A4:2'],
  ['Bbmaj9', 'r:1 A4:.5 C5:.5 D5:1.5 C5:.5'],
  ['A13sus', 'B4:1 D5:.5 E5:.5 B4:1 r:1'],
]
const bars: readonly Bar[] = [...partA, ...partASecond, ...partB]
const firstBarOfB = partA.length + partASecond.length

/** Length of the piece, in beats. */
export const LENGTH_BEATS = bars.length * BEATS_PER_BAR

/** @returns every part with its notes. The same notes each time: the human unevenness comes from a seeded sequence. */
export function composeHoldMusic(): Part[] {
  const uneven = unevenness(20_26)
  const melody = (loudness: number, lead: (bar: number) => boolean): Note[] =>
    bars.flatMap(([, line], bar) => (lead(bar) ? melodyOf(line, bar, loudness, uneven) : []))
  const inB = (bar: number): boolean => bar >= firstBarOfB
  return [
    {
      name: 'electric piano',
      program: 4,
      volume: 92,
      pan: 64,
      reverb: 60,
      notes: [...comping(uneven), ...melody(70, inB)],
    },
    {
      name: 'nylon guitar',
      program: 24,
      volume: 112,
      pan: 64,
      reverb: 70,
      notes: [...melody(84, (bar) => !inB(bar)), ...arpeggios(uneven)],
    },
    { name: 'warm pad', program: 89, volume: 52, pan: 64, reverb: 80, notes: pads() },
    { name: 'fingered bass', program: 33, volume: 96, pan: 64, reverb: 20, notes: bassLine(uneven) },
  ]
}

/** @returns the MIDI key number of a pitch written like `F#4` or `Bb3`. */
export function keyOf(pitch: string): number {
  const parts = /^([A-G])([#b]?)(\d)$/.exec(pitch)
  if (parts === null) throw new Error(`not a pitch: ${pitch}`)
  const step = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }[parts[1] as 'C']
  const accidental = parts[2] === '#' ? 1 : parts[2] === 'b' ? -1 : 0
  return 12 * (Number(parts[3]) + 1) + step + accidental
}

/** Off-beats come a little late (a light swing), and nobody is exactly in time or equally loud. */
type Unevenness = (beat: number, velocity: number) => { readonly beat: number; readonly velocity: number }

function unevenness(seed: number): Unevenness {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return (beat, velocity) => ({
    beat: Math.max(0, beat + (beat % 1 === 0.5 ? 0.05 : 0) + 0.02 * next()),
    velocity: Math.round(velocity + 9 * next()),
  })
}

/** @returns the chords of a bar with the beat each begins at, counted from the start of the piece, and its length. */
function chordsOf(bar: number): { chord: Chord; beat: number; beats: number }[] {
  const names = (bars[bar % bars.length] as Bar)[0].split(' ')
  const beats = BEATS_PER_BAR / names.length
  return names.map((name, i) => {
    const chord = chords[name]
    if (chord === undefined) throw new Error(`no chord: ${name}`)
    return { chord, beat: bar * BEATS_PER_BAR + i * beats, beats }
  })
}

function melodyOf(line: string, bar: number, loudness: number, uneven: Unevenness): Note[] {
  let beat = bar * BEATS_PER_BAR
  return line.split(' ').flatMap((word) => {
    const [pitch, length] = word.split(':') as [string, string]
    const at = beat
    beat += Number(length)
    if (pitch === 'r') return []
    // Notes on the beat and long notes speak up; the short ones between them lead to them.
    const accent = (at % 1 === 0 ? 4 : 0) + (Number(length) >= 1.5 ? 6 : 0)
    return [{ key: keyOf(pitch), beats: Number(length) * 0.95, ...uneven(at, loudness + accent) }]
  })
}

/** Electric piano: a chord on the first beat, rolled from below, and an answer of its upper notes behind the second. */
function comping(uneven: Unevenness): Note[] {
  return bars.flatMap((_, bar) =>
    chordsOf(bar).flatMap(({ chord, beat, beats }) => {
      const keys = chord.voices.map(keyOf)
      const rolled = keys.map((key, i) => ({ key, beats: beats * 0.42, ...uneven(beat + i * 0.025, 58) }))
      if (beats < BEATS_PER_BAR) return rolled
      const answer = keys.slice(1).map((key) => ({ key, beats: 1.3, ...uneven(beat + 1.5, 46) }))
      const nudge = keys.slice(-2).map((key) => ({ key, beats: 0.6, ...uneven(beat + 3, 42) }))
      return bar % 2 === 1 ? [...rolled, ...answer, ...nudge] : [...rolled, ...answer]
    }),
  )
}

/** Guitar in part B: eighths up and down through the chord, under the piano's melody. */
function arpeggios(uneven: Unevenness): Note[] {
  const order = [0, 1, 2, 3, 2, 1, 2, 1]
  return bars.flatMap((_, bar) => {
    if (bar < firstBarOfB) return []
    return chordsOf(bar).flatMap(({ chord, beat }) =>
      order.map((voice, i) => ({
        key: keyOf(chord.voices[voice] as string),
        beats: 0.9,
        ...uneven(beat + i / 2, i === 0 ? 54 : 46),
      })),
    )
  })
}

function pads(): Note[] {
  return bars.flatMap((_, bar) =>
    chordsOf(bar).flatMap(({ chord, beat, beats }) =>
      chord.voices.slice(0, 3).map((pitch) => ({ key: keyOf(pitch), beat, beats: beats * 0.98, velocity: 60 })),
    ),
  )
}

/** Bass: the root, its fifth behind the second beat, the root again, and a step that leads into the next root. */
function bassLine(uneven: Unevenness): Note[] {
  return bars.flatMap((_, bar) =>
    chordsOf(bar).flatMap(({ chord, beat, beats }, i, all) => {
      const root = keyOf(chord.bass)
      const next = keyOf((all[i + 1] ?? (chordsOf(bar + 1)[0] as { chord: Chord })).chord.bass)
      const first = { key: root, beats: 1.4, ...uneven(beat, 84) }
      if (beats < BEATS_PER_BAR) return [first]
      const lead = next + (next > root ? -2 : 2)
      return [
        first,
        { key: root + 7, beats: 0.4, ...uneven(beat + 1.5, 62) },
        { key: root, beats: 1.3, ...uneven(beat + 2, 76) },
        { key: next === root ? root + 7 : lead, beats: 0.45, ...uneven(beat + 3.5, 64) },
      ]
    }),
  )
}
