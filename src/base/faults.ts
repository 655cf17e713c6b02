/**
 * Every way Sotto can fail, in one table: the status it gets in SIP and HTTP, who is to blame, how loud it is logged, and
 * what a person can do about it. `docs/FAULTS.md` and the page `/problems` are rendered from it.
 */

export type Blame = 'none' | 'client' | 'server' | 'upstream' | 'unknown'

export type FaultRow = {
  /** Status of a SIP response that refuses because of it (RFC 3261 section 21). */
  readonly sip: number
  /** Status of an HTTP response, as problem+json (RFC 9457). */
  readonly http: number
  readonly blame: Blame
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly title: string
  /** One sentence: what to do next. */
  readonly advice: string
}

export const faults = {
  'base.internal': {
    sip: 500, http: 500, blame: 'server', level: 'error',
    title: 'Internal error', advice: 'This is a defect in Sotto: please report it with the log line.',
  },
  'base.bad-message': {
    sip: 500, http: 500, blame: 'server', level: 'error',
    title: 'A process sent a message outside its contract',
    advice: 'This is a defect in Sotto: please report it with the log line.',
  },
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof faults
