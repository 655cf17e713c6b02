/**
 * A fault as an HTTP answer: problem+json (RFC 9457). The text is the fault table's; nothing of the request is ever
 * repeated, since a request may hold what somebody should not have typed.
 */

import { asFault, type Fault } from '../base/fault.ts'
import { type FaultCode, faults } from '../base/faults.ts'
import { type GateName, gateOf } from '../directory/index.ts'
import { PROBLEMS_STYLE } from './security-headers.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: FaultCode
  /** Of the four gates of a secure session, the one that is closed. */
  readonly gate?: GateName
}

/** @returns the body of the answer; its status is `problem.status`. */
export function problemOf(thrown: unknown): Problem {
  const fault: Fault = asFault(thrown)
  const { title, http, advice } = fault.row
  const gate = gateOf(fault.code)
  const problem = { type: `/problems#${fault.code}`, title, status: http, detail: advice, code: fault.code }
  return gate === undefined ? problem : { ...problem, gate }
}

/** The page at `/problems`: every fault with what to do about it. */
export function problemsPage(): string {
  const rows = Object.entries(faults).map(
    ([code, row]) =>
      `<tr id="${code}"><th scope="row"><code>${code}</code></th><td>${row.title}</td><td>${row.advice}</td><td>${row.sip}</td><td>${row.http}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Problems - Sotto</title>
<style>${PROBLEMS_STYLE}</style></head>
<body><main><h1>Problems</h1><p>What can go wrong, and what to do about it.</p>
<table><thead><tr><th scope="col">Code</th><th scope="col">What</th><th scope="col">What to do</th><th scope="col">SIP</th><th scope="col">HTTP</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></main></body></html>
`
}
