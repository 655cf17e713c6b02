/**
 * The clips a session of a flow may come to say, and those of them that no language of its chain has. The vault takes a clip from the first language
 * that has it, so one is missing only when all lack it.
 */

import { clipsOf } from '../vault/clips.ts'
import { type FlowDefaults, languagesOf, programOf } from './compile.ts'
import type { FlowProblem } from './read.ts'
import type { Flow } from './terms.ts'

/** @returns the names of the clips in the folder of a language; empty when there is none. */
export type ClipsOfLanguage = (language: string) => ReadonlySet<string>

/** @returns every clip that none of the languages has, once. */
export function missingClips(flow: Flow, defaults: FlowDefaults, clipsIn: ClipsOfLanguage): readonly string[] {
  const there = languagesOf(flow, defaults).map(clipsIn)
  return [...clipsSaid(flow, defaults)].filter((clip) => !there.some((clips) => clips.has(clip)))
}

/** @returns every clip that a session of the flow may come to say. */
export function clipsSaid(flow: Flow, defaults: FlowDefaults): ReadonlySet<string> {
  return clipsOf(programOf({ flow, defaults, form: [], withDesk: true }))
}

/** @returns a problem for each clip that is missing, at the place that names it when the file does. */
export function clipProblems(flow: Flow, defaults: FlowDefaults, clipsIn: ClipsOfLanguage): FlowProblem[] {
  const places = new Map(ownClips(flow).map(([key, clip]) => [clip, key]))
  return missingClips(flow, defaults, clipsIn).map((clip) => ({
    key: places.get(clip) ?? 'languages',
    says: `The clip ${clip} is in none of the languages ${languagesOf(flow, defaults).join(', ')}.`,
    advice: 'Record it, or build it with "sotto prompts build"; "sotto prompts check" lists what there is.',
  }))
}

/** @returns clips of the flow itself, by where the file names them. */
function ownClips({ fields, steps }: Flow): readonly (readonly [key: string, clip: string])[] {
  return [
    ...fields.flatMap(({ name, prompts }) =>
      prompts.map(({ when, clip }) => [`fields.${name}.prompts.${when}`, clip] as const),
    ),
    ...steps.flatMap((step, at) =>
      step.do === 'say' ? step.clips.map((clip) => [`steps[${at}].say`, clip] as const) : [],
    ),
  ]
}
