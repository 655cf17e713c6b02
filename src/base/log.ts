/**
 * The log of the control and media processes: pino behind the vocabulary of `fields.ts`. A line is JSON: time, level, event, and fields
 * that were checked one by one; a value that does not fit its field is replaced by a fixed word, never written.
 *
 * Below that lies a net that should never catch anything: names like `password` are not written whatever they hold, and each finished line is
 * searched for card numbers. The vault has no log and must not import this file.
 */

import { isIP } from 'node:net'
import { pino } from 'pino'
import { asFault } from './fault.ts'
import { type FieldKind, type FieldName, fieldKinds, type LogEvent, type LogFields } from './fields.ts'
import { maskCardNumbers, maskNumber } from './mask.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type LogOptions = {
  readonly level: LogLevel
  /** Takes whole lines, each ended by a newline. */
  readonly write: (line: string) => void
  /** Milliseconds since 1970, for the time of a line. */
  readonly wallMs: () => number
  /** Which process speaks. */
  readonly process: 'control' | 'media' | 'cli'
}

type Write = (event: LogEvent, fields?: LogFields) => void

export type Log = {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** Logs a thrown value as `fault.raised`: code and detail, at the level of its row, and for an error the line of source. Its text is never written. */
  readonly fault: (thrown: unknown, fields?: LogFields) => void
  readonly level: LogLevel
}

/** The log of a process that may be told another level while it runs. */
export type AdjustableLog = Log & { setLevel(level: LogLevel): void }

/** What is written in place of a value that does not fit its field. */
export const MISFIT = '[misfit]'

/** Names that no field has. Fields are plain values, so nothing can lie deeper; pino's redaction, which looks there, took a fifth of all memory that a call made garbage. */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  'password',
  'token',
  'secret',
  'authorization',
  'ha1',
  'pan',
  'card',
  'cvv',
  'cvc',
  'body',
  'sdp',
])
const MAX_NUMBER = 1e12

/** @returns a log. Nothing is buffered: a line is handed to `write` before the call returns. */
export function createLog(options: LogOptions): AdjustableLog {
  const logger = pino(
    {
      base: { process: options.process },
      level: options.level,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date(options.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: scrubLine },
    },
    { write: options.write },
  )
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (event, fields) =>
      logger[level](fields === undefined ? {} : checkedFields(fields), event)
  const writes = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return {
    ...writes,
    fault: (thrown, fields) => {
      const fault = asFault(thrown)
      const where = fault.row.level === 'error' ? placeOf(fault) : undefined
      writes[fault.row.level]('fault.raised', { ...declaredOnly(fault.detail), ...fields, fault: fault.code, where })
    },
    get level() {
      return logger.level as LogLevel
    },
    setLevel: (level) => {
      logger.level = level
    },
  }
}

/** Cuts card numbers out of a finished line and leaves it valid JSON, whether the digits stood in a text or as a number. */
export function scrubLine(line: string): string {
  return maskCardNumbers(line, (at) => (/[:,[]$/.test(line.slice(0, at)) ? 'null' : '[card number]'))
}

function checkedFields(fields: LogFields): Record<string, string | number | boolean> {
  const checked: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields)) {
    const kind = isFieldName(name) && !SECRET_NAMES.has(name) ? fieldKinds[name] : undefined
    if (kind !== undefined && value !== undefined) checked[name] = checkedValue(kind, value)
  }
  return checked
}

/** Where an error came from: the topmost line of its stack, or of its cause's, in Sotto's own source. Nothing else of a stack is taken. */
function placeOf(error: Error): string | undefined {
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return frames
    .map((line) => /[/\\](src\/[\w./-]{1,80}:\d{1,5}):\d+\)?$/.exec(line)?.[1])
    .find((place) => place !== undefined)
}

/** A fault's detail holds ids and numbers, but only declared names are written. */
function declaredOnly(detail: Readonly<Record<string, unknown>>): LogFields {
  return Object.fromEntries(Object.entries(detail).filter(([name]) => isFieldName(name)))
}

function checkedValue(kind: FieldKind, value: unknown): string | number | boolean {
  if (kind === 'flag') return typeof value === 'boolean' ? value : MISFIT
  // Fractions of a microsecond tell nothing, and their digits can look like a card number.
  if (kind === 'number')
    return typeof value === 'number' && Math.abs(value) < MAX_NUMBER ? Math.round(value * 1000) / 1000 : MISFIT
  if (typeof value !== 'string') return MISFIT
  switch (kind) {
    case 'id':
      return /^[A-Za-z0-9-]{1,64}$/.test(value) ? value : MISFIT
    case 'name':
      return /^[\w.-]{1,64}$/.test(value) ? value : MISFIT
    case 'word':
      return /^[a-z0-9.-]{1,64}$/i.test(value) ? value : MISFIT
    case 'address':
      return isIP(value) === 0 ? MISFIT : value
    case 'phone':
      return /\d/.test(value) ? maskNumber(value) : value === '' ? '' : '***'
    case 'digest':
      return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : MISFIT
    case 'place':
      return /^src\/[\w./-]{1,80}:\d{1,5}$/.test(value) ? value : MISFIT
    case 'uuid':
      return /^[0-9a-f]{32}$/.test(value) ? maskCardNumbers(value) : MISFIT
    case 'composed':
      return maskCardNumbers(value)
  }
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(fieldKinds, name)
}
