/** The door of the `flow` room: flow files read, checked and published, and the plans made of them. */

export { clipsIn } from './clip-files.ts'
export { clipsSaid, missingClips } from './clips.ts'
export { type FlowDefaults, planOf } from './compile.ts'
export type { DryLine, DryPart, DryRun } from './dry-run.ts'
export type { Act } from './dry-run-acts.ts'
export type { Awaited } from './dry-run-awaits.ts'
export { type FlowTexts, flowTextsOf } from './flow-texts.ts'
export {
  type FlowEntry,
  type FlowFolder,
  type FlowVersion,
  type FoundFlow,
  flowFolderOf,
  openFlowFolder,
  type ShelvedVersion,
} from './folder.ts'
export { type FlowsOutside, outsideOf } from './outside.ts'
export { publishedSchema } from './published.ts'
export type { FlowProblem } from './read.ts'
export { type FlowRef, parseFlowRef } from './ref.ts'
export { BRANDS as FIELD_BRANDS, ENTRY_FAULTS as FIELD_FAULTS, type Flow } from './terms.ts'
