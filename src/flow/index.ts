/** The door of the `flow` room: flow files read, checked and published, and the plans made of them. */

export { clipsIn } from './clip-files.ts'
export { clipsSaid, missingClips } from './clips.ts'
export { type FlowDefaults, planOf } from './compile.ts'
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
export type { FlowProblem } from './read.ts'
export { type FlowRef, parseFlowRef } from './ref.ts'
export type { Flow } from './terms.ts'
