/** Calls the agent back when the caller is: two notes, made here, and a word in the title until the page is looked at. */

import { effect, type Signal, signal } from '@preact/signals'

const KEPT_AS = 'sotto-sound'
/** Hz and when, s: as the chime on the phone, upwards. */
const NOTES = [
  [660, 0],
  [880, 0.18],
] as const
const NOTE_SECONDS = 0.35
const LOUDNESS = 0.2

export const isSoundOn: Signal<boolean> = signal(kept())

effect(() => {
  try {
    localStorage.setItem(KEPT_AS, isSoundOn.value ? 'on' : 'off')
  } catch {
    // Where nothing may be kept, it is on each time.
  }
})

let context: AudioContext | undefined

/** Browsers make no sound before somebody has touched the page: the first touch makes it ready. */
export function readySound(at: EventTarget): () => void {
  const ready = () => {
    context ??= new AudioContext()
    void context.resume()
  }
  at.addEventListener('pointerdown', ready)
  at.addEventListener('keydown', ready)
  return () => {
    at.removeEventListener('pointerdown', ready)
    at.removeEventListener('keydown', ready)
  }
}

export function chime(): void {
  if (!isSoundOn.value) return
  context ??= new AudioContext()
  const { currentTime, destination } = context
  for (const [hz, at] of NOTES) {
    const note = new OscillatorNode(context, { frequency: hz })
    const volume = new GainNode(context, { gain: 0 })
    const from = currentTime + at
    volume.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, from + NOTE_SECONDS)
    note.connect(volume).connect(destination)
    note.start(from)
    note.stop(from + NOTE_SECONDS)
  }
}

/** The title as it is without a word before it; undefined while there is none. */
let plainTitle: string | undefined

/** Puts a word before the title until the page is looked at. @param titleFor what to make of the title. */
export function titleAlert(titleFor: (title: string) => string): void {
  if (plainTitle !== undefined || (!document.hidden && document.hasFocus())) return
  plainTitle = document.title
  document.title = titleFor(plainTitle)
  const back = () => {
    if (document.hidden) return
    document.title = plainTitle ?? document.title
    plainTitle = undefined
    removeEventListener('focus', back)
    removeEventListener('pointerdown', back)
    document.removeEventListener('visibilitychange', back)
  }
  addEventListener('focus', back)
  addEventListener('pointerdown', back)
  document.addEventListener('visibilitychange', back)
}

function kept(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) !== 'off'
  } catch {
    return true
  }
}
