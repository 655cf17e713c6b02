/**
 * Every way Sotto can fail, in one table: the status it gets in SIP and HTTP, who is to blame, how loud it is logged, and
 * what a person can do about it. `docs/FAULTS.md` and the page `/problems` are rendered from it.
 */

import type { FaultRow } from './fault-row.ts'
import { callFaults } from './faults-call.ts'
import { commandsFaults } from './faults-commands.ts'
import { connectionFaults } from './faults-connections.ts'
import { directoryFaults } from './faults-directory.ts'
import { lookupFaults } from './faults-lookups.ts'
import { mediaFaults } from './faults-media.ts'
import { operationFaults } from './faults-operation.ts'
import { peopleFaults } from './faults-people.ts'
import { promptFaults } from './faults-prompts.ts'
import { recordingFaults } from './faults-recording.ts'
import { signOnFaults } from './faults-sign-on.ts'
import { sipFaults } from './faults-sip.ts'
import { vaultFaults } from './faults-vault.ts'

export const faults = {
  'base.internal': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'Internal error',
    advice: 'This is a defect in Sotto: please report it with the log line.',
  },
  'base.bad-message': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A process sent a message outside its contract',
    advice: 'This is a defect in Sotto: please report it with the log line.',
  },
  'control.late': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'warn',
    title: 'The signalling is late, and no more calls are taken',
    advice:
      'Calls that run go on; new ones get 503. Spread calls over more servers, or free the core that control runs on; admission.controlLateMs is the limit.',
  },
  'control.memory-short': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'warn',
    title: 'Memory is short, and no more calls are taken',
    advice:
      'Calls that run go on; new ones get 503. Give the server or its container more memory, or end what else takes it; admission.freeMegabytes is the limit.',
  },
  'web.unauthorized': {
    sip: 403,
    http: 401,
    blame: 'client',
    level: 'info',
    title: 'Nobody is known to be asking',
    advice: 'Log in, or send an API token or one of http.tokens as "Authorization: Bearer TOKEN".',
  },
  'web.not-found': {
    sip: 404,
    http: 404,
    blame: 'client',
    level: 'debug',
    title: 'There is nothing at this address',
    advice: 'The paths are listed in /api/v1/openapi.json.',
  },
  'web.pages-not-built': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'warn',
    title: 'The pages are not built',
    advice:
      'Run "npm run build:pages" in the folder of Sotto and start it again. The interface for programs is there all the same.',
  },
  'web.bad-request': {
    sip: 400,
    http: 400,
    blame: 'client',
    level: 'info',
    title: 'The request cannot be read',
    advice: 'Send JSON with the members that the README names, and nothing beside them.',
  },
  'web.too-many-streams': {
    sip: 503,
    http: 429,
    blame: 'client',
    level: 'info',
    title: 'As many event streams stand with this log-in or token as may',
    advice: 'Close pages or programs that listen, or give each program a token of its own.',
  },
  'web.cannot-listen': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'The HTTP port cannot be opened',
    advice: 'Another program holds it, or the address is not of this machine: change http.address or http.port.',
  },
  'web.certificate-unreadable': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'The certificate of the HTTP interface, or its key, cannot be used',
    advice:
      'Check that http.tls.certFile and http.tls.keyFile may be read by this user, are PEM and belong together; "sotto config check" says more.',
  },
  ...sipFaults,
  ...connectionFaults,
  ...callFaults,
  ...mediaFaults,
  ...vaultFaults,
  ...commandsFaults,
  ...operationFaults,
  ...peopleFaults,
  ...promptFaults,
  ...recordingFaults,
  ...signOnFaults,
  ...directoryFaults,
  ...lookupFaults,
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof faults
