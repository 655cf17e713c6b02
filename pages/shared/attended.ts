/**
 * Whether somebody is at the page. An open page is no use of a log-in (docs/ACCESS.md): what it asks for while nobody is there says so. It shows what happens all the same, until the log-in
 * ends for want of use.
 */

/** Somewhat more than the longest time, a minute, between two requests of a page that is looked at. */
const LATELY_MS = 75_000
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
