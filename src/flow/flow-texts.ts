/** Texts of flows that are being written: what is wrong with one, what it does step by step, and how a made-up caller fares with it. Nothing is kept of them. */

import { type ClipText, clipTextsIn } from './clip-texts.ts'
import type { FlowDefaults } from './compile.ts'
import { type DryRun, dryRun } from './dry-run.ts'
import type { Act } from './dry-run-acts.ts'
import type { FlowFolder } from './folder.ts'
import { type FlowProblem, readFlow } from './read.ts'
import type { Flow } from './terms.ts'

export type Examined = {
  readonly problems: readonly FlowProblem[]
  /** What the text says, when all of it can be read; clips may still be missing. */
  readonly flow: Flow | undefined
  /** Line of each step. */
  readonly lines: readonly (number | undefined)[]
}

export type Tried =
  | { readonly result: 'ran'; readonly run: DryRun; readonly texts: Readonly<Record<string, ClipText>> }
  | { readonly result: 'not-valid'; readonly problems: readonly FlowProblem[] }
  | { readonly result: 'not-fitting' }

export type FlowTexts = {
  examine(text: string, id?: string): Examined
  dryRun(text: string, acts: readonly Act[]): Tried
}

/** @param settings as they are set just now. */
export function flowTextsOf(
  flows: Pick<FlowFolder, 'check'>,
  settings: () => FlowDefaults & { readonly promptsFolder: string },
): FlowTexts {
  return {
    examine(text, id) {
      const problems = flows.check(text, id)
      const reading = readFlow(text)
      if (!('flow' in reading)) return { problems, flow: undefined, lines: [] }
      const { flow, lineOf } = reading
      return { problems, flow, lines: flow.steps.map((_, at) => lineOf(`steps[${at}]`)) }
    },
    dryRun(text, acts) {
      const reading = readFlow(text)
      if ('problems' in reading) return { result: 'not-valid', problems: reading.problems }
      const run = dryRun(reading.flow, settings(), acts)
      if ('misfit' in run) return { result: 'not-fitting' }
      const textOf = clipTextsIn(settings().promptsFolder)
      const clips = run.lines
        .flatMap((line) => (line.what === 'says' ? line.parts : []))
        .flatMap((part) => ('clip' in part ? part.clip : []))
      const texts = [...new Set(clips)].flatMap((clip) => {
        const found = textOf(run.languages, clip)
        return found === undefined ? [] : [[clip, found] as const]
      })
      return { result: 'ran', run, texts: Object.fromEntries(texts) }
    },
  }
}
