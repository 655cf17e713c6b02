/** The door of the `text` room: what people write, and what nobody may read in it. */

export { maskCards } from './mask-cards.ts'
