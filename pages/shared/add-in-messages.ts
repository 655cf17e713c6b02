/**
 * What the desk and the frame of an add-in say to each other, over a channel of their own (docs/ADD-INS.md). Types alone: the script in the frame is a file by itself, and the desk believes nothing
 * that comes from there before it has looked at it (`pages/desk/add-in-check.ts`).
 */

/** Names and values. */
export type Texts = Readonly<Record<string, string>>

export type Scheme = 'light' | 'dark'

export type ToFrame =
  | { readonly type: 'open'; readonly parameters: Texts; readonly language: string; readonly scheme: Scheme }
  /** The colours have been changed meanwhile. */
  | { readonly type: 'scheme'; readonly scheme: Scheme }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Readonly<Record<string, string | number>> }
  | { readonly type: 'problem'; readonly id: number; readonly title: string; readonly advice: string }

/** Why an add-in cannot draw its form (PC-85). */
export type Refusal = 'not-defined' | 'not-an-element' | 'threw'

export type FromFrame =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly reason: Refusal }
  /** PC-82 to PC-84. */
  | { readonly type: 'valid'; readonly isValid: boolean; readonly secureParameters: Texts }
  | { readonly type: 'look-up'; readonly id: number; readonly name: string; readonly values: Texts }
  | { readonly type: 'height'; readonly px: number }
