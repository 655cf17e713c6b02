/** Clips of a dry run to be listened to, one after the other; what was begun before ends. */

import { pathOfPrompt } from '../prompts/prompt-terms.ts'

export type Clip = { readonly language: string; readonly name: string }

let playing: HTMLAudioElement | undefined

export function playClips([first, ...rest]: readonly Clip[]): void {
  playing?.pause()
  playing = undefined
  if (first === undefined) return
  const audio = new Audio(`${pathOfPrompt(first.language, first.name)}/audio`)
  playing = audio
  const next = () => playing === audio && playClips(rest)
  audio.addEventListener('ended', next)
  // A clip that cannot be had is passed over, as a caller would not hear it either.
  audio.addEventListener('error', next)
  audio.play().catch(() => undefined)
}
