/**
 * Whether somebody is at the page. An open page is no use of a log-in (docs/ACCESS.md): what it asks for while nobody is there says so. It shows what happens all the same, until the log-in
 * ends for want of use.
 */

/** A page that somebody is at asks for something this often, ms. */
export const STILL_HERE_MS = 60_000
/** Somewhat more, so that each touch is told. */
const LATELY_MS = STILL_HERE_MS + 15_000
const ACTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus'] as const
let lastActMs = performance.now()
const act = () => {
  lastActMs = performance.now()
}
for (const each of ACTS) addEventListener(each, act, { passive: true })

/** @returns whether somebody has been at it lately. */
export function isAttended(): boolean {
  return document.visibilityState === 'visible' && performance.now() - lastActMs < LATELY_MS
}
