/** Faults of running a server: the call history; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const operationFaults = {
  'history.not-writable': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The call history cannot be written',
    advice:
      'Calls go on. Make room on the disk of history.file and check its owner; what waits is written by itself within seconds.',
  },
  'history.slow': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The disk of the call history does not answer',
    advice:
      'Calls go on, and rows wait in memory up to a bound. Look at the disk of history.file; sotto_history_waiting says how many wait.',
  },
  'history.damaged': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The file of the call history is not a database, or is damaged',
    advice: 'Move history.file and what stands beside it with the same name away; a new one is begun within seconds.',
  },
  'history.not-ours': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The file of the call history was written by another version or another program',
    advice: 'Set history.file to a new file, or go back to the version that wrote it.',
  },
  'history.in-use': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'Another process writes to the call history',
    advice: 'Give each server a history.file of its own.',
  },
  'history.not-readable': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The call history cannot be read',
    advice: 'Check that history.file exists and who may read it; the server makes it with the first call.',
  },
  'history.off': {
    sip: 404,
    http: 404,
    blame: 'client',
    level: 'info',
    title: 'No call history is kept',
    advice: 'Set history.enabled to true.',
  },
  'history.busy': {
    sip: 503,
    http: 503,
    blame: 'client',
    level: 'info',
    title: 'Too many questions to the call history at once',
    advice: 'Ask again in a moment, and name a time with since and until.',
  },
  'audit.busy': {
    sip: 503,
    http: 503,
    blame: 'client',
    level: 'info',
    title: 'Too many records are being checked at once',
    advice: 'Ask again in a moment.',
  },
  'audit.not-readable': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The audit records cannot be read',
    advice: 'Check the folder audit.folder and its owner; "sotto verify" says more.',
  },
  'trace.secure-session': {
    sip: 409,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The call is in a secure session, and is not traced',
    advice: 'Ask again with the next call, or trace before the session begins: the trace stops by itself when it does.',
  },
  'trace.too-many': {
    sip: 503,
    http: 503,
    blame: 'client',
    level: 'info',
    title: 'As many traces run as may',
    advice: 'End one of them, or wait until its time is up.',
  },
} as const satisfies Record<string, FaultRow>
