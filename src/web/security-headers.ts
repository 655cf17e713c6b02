/** Headers that every answer has, whatever it is: no browser runs, frames or guesses anything of it. */

import { createHash } from 'node:crypto'

/** The style of the page of problems, which is all that a browser may use of us. */
export const PROBLEMS_STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse}th,td{border-bottom:1px solid #8888;padding:.4rem .6rem;text-align:left;vertical-align:top}tr:target{background:#ffe9a8;color:#000}:root{color-scheme:light dark}'

const styleHash = createHash('sha256').update(PROBLEMS_STYLE).digest('base64')

/** For pages: scripts and styles of this server alone, nothing that is written into the page, no string that becomes script, no frame around it, and in it none but of this server: those of add-ins, which could go elsewhere otherwise. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** For files that a frame without an origin of its own asks for: to a browser everything is another site's there. */
export const FOR_EVERY_ORIGIN = ['cross-origin-resource-policy', 'cross-origin'] as const

/** For the page where prompts are recorded. */
export const RECORDING_PERMISSIONS = 'camera=(), geolocation=(), microphone=(self)'

/** Over HTTPS alone: a year of never asking in the clear again (RFC 6797). */
export const STRICT_TRANSPORT = ['strict-transport-security', 'max-age=31536000'] as const
