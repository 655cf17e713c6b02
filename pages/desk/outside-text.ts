/** What somebody outside has chosen, such as a caller's number, as it is shown: one line, of bounded length, that cannot turn the text around it. */

const MOST_CHARS = 64
/** Controls, marks that change the direction of text (Unicode Standard Annex 9), and what has no width. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu
/** More accents on one letter than any language has would reach into other lines. */
const ACCENTS = /(\p{M}{3})\p{M}+/gu

/** @returns a text that is safe to stand among ours; to be shown within `<bdi>`. */
export function outsideText(text: string, mostChars = MOST_CHARS): string {
  const line = text.replace(UNSEEN, '').replace(ACCENTS, '$1').trim()
  const characters = [...line]
  return characters.length <= mostChars ? line : `${characters.slice(0, mostChars - 1).join('')}…`
}
