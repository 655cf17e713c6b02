/** The door of the `add-ins` room: which add-ins there are, what they are given of a call, and what they look up. */

export { type AddIns, createAddIns } from './add-ins.ts'
export { parametersOf } from './call-attributes.ts'
export type { AddIn } from './folder.ts'
export { type AddInSettings, addInSettings, type Registered } from './registry.ts'
