/** The pages that a browser sees between the identity provider and us; they need no script. */

import type { Problem } from './problem.ts'
import { PROBLEMS_STYLE } from './security-headers.ts'

export const HTML_TYPE = 'text/html; charset=utf-8'

/**
 * Goes on to a page of ours. A redirect would count as coming from the provider's site, and a browser sends no `SameSite=Strict` cookie with it; what this page does comes from ours.
 * @param path of ours.
 */
export function onwardPage(path: string): string {
  const to = escaped(path)
  return page('Logging in', `<meta http-equiv="refresh" content="0;url=${to}">`, `<p><a href="${to}">Go on</a></p>`)
}

/** What went wrong, in words, and the way back. @param again where one begins anew. */
export function problemPage({ title, detail, code }: Problem, again: string): string {
  const says = `<h1>${escaped(title)}</h1><p>${escaped(detail)}</p><p><code>${escaped(code)}</code></p>`
  return page(title, '', `${says}<p><a href="${again}">Try again</a> &middot; <a href="/">Log in another way</a></p>`)
}

function page(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)} - Sotto</title>${head}
<style>${PROBLEMS_STYLE}</style></head>
<body><main>${body}</main></body></html>
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
