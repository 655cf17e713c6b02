/** The door of the `directory` room: users, workgroups, forms and published flows, what they may do, and the store they are in. */

export { backUp, type Contents, restore } from './backup.ts'
export { type Bodies, bodySchemas } from './bodies.ts'
export type { Change, Difference } from './change.ts'
export { completed, type DirectoryProblem } from './check-body.ts'
export type { Outside } from './checks.ts'
export {
  type DialPlan,
  dialPlanOf,
  fileRouteName,
  type PlanOutside,
  problemsAt,
} from './dial-plan.ts'
export {
  type Decision,
  type Directory,
  type DirectoryEvent,
  type DirectoryOptions,
  type Done,
  openDirectory,
  type Refusal,
  type RequestKey,
  type StoreTerms,
  storeOf,
} from './directory.ts'
export {
  changesTo,
  differencesOf,
  type NamedDifference,
  readDirectoryFile,
  writeDirectoryFile,
} from './directory-file.ts'
export { decideChanges, decideEdit, type Edit, type Expected, tagOf } from './edits.ts'
export { decideFirstEntries } from './first-entries.ts'
export { decidePublish, versionsIn } from './flow-versions.ts'
export { fillForm } from './form-fill.ts'
export { askGates, type Gate, type GateName, gateOf, holderOf, languageOf } from './gates.ts'
export { type HistoryQuestion, noteChange, type PastChange } from './history.ts'
export type { PeopleTables } from './people-tables.ts'
export { EMPTY_PICTURE, type Entry, type Picture } from './picture.ts'
export { isPlanKind, PLAN_KINDS, type PlanKind } from './plan-bodies.ts'
export { type Effect, type EffectiveRight, effectiveRight, effectiveRights, type Grants, type Right } from './rights.ts'
export { hiddenSecrets, type Seal, secretOfForm, secretsSet, withoutSecrets } from './secrets.ts'
export { type Database, KINDS, type Kind, type Tables } from './tables.ts'
export { type Words, wordsIn } from './words.ts'
