/** What is said of each way to fail. */

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
