/** The door of the `text` room: what people write, and what nobody may read in it. */

export { readKinds } from './code-points.ts'
export { maskCards } from './mask-cards.ts'
