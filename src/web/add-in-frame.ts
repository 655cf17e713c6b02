/**
 * The page that an add-in's frame is: made here, with the server's own script first and the add-in's after it, under a policy by which it has no origin and reaches nothing: no network, no
 * cookie, no storage, no other document (CSP Level 3, section 6.3.2; HTML, section 7.6.5). Pure.
 */

import type { AddIn } from '../add-ins/index.ts'

const FRAME_SCRIPT = '/add-in/frame.js'

/** @returns where the files of an add-in are. */
function folderOf({ manifest: { name, version } }: AddIn): string {
  return `/add-ins/${name}/${version}/`
}

/** @returns the page. */
export function framePage(addIn: AddIn): string {
  const { name, version, title, script, styles } = addIn.manifest
  const folder = folderOf(addIn)
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<meta name="sotto-add-in" content="${name}"><meta name="sotto-add-in-version" content="${version}">
${styles.map((file) => `<link rel="stylesheet" href="${folder}${file}">\n`).join('')}<script src="${FRAME_SCRIPT}" defer></script>
<script src="${folder}${script}" defer></script></head>
<body></body></html>
`
}

/**
 * @param origin of this server, as the browser knows it. @param embedders origins of pages that have the desk within them.
 * @returns the value of Content-Security-Policy.
 */
export function framePolicy(addIn: AddIn, origin: string, embedders: readonly string[]): string {
  const folder = `${origin}${folderOf(addIn)}`
  return [
    'sandbox allow-scripts',
    "default-src 'none'",
    `script-src ${origin}${FRAME_SCRIPT} ${folder}`,
    `style-src ${folder}`,
    `img-src data: ${folder}`,
    "connect-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
    `frame-ancestors ${["'self'", ...embedders.filter((each) => each !== 'null')].join(' ')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
