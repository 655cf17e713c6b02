/** What the HTTP server is made with in tests: people, an access log in memory, and rooms that have nothing to say unless a test gives them. */

import { randomBytes } from 'node:crypto'
import { createAddIns } from '../../src/add-ins/index.ts'
import type { AccessEvent } from '../../src/audit/index.ts'
import { fault } from '../../src/base/fault.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Calls } from '../../src/call/index.ts'
import { EMPTY_PICTURE } from '../../src/directory/index.ts'
import { flowTextsOf, openFlowFolder } from '../../src/flow/index.ts'
import { createFirstRun } from '../../src/people/index.ts'
import { NO_PAGES } from '../../src/web/page-files.ts'
import type { WebOptions } from '../../src/web/server.ts'
import { keptPlan } from '../peers/dial-plan.ts'
import { crew } from '../people/crew.ts'

export const TOKEN = 'a-token-of-this-test'
export const bearer = { authorization: `Bearer ${TOKEN}` }

function noPrompts() {
  const never = async () => {
    throw fault('prompts.not-found')
  }
  return {
    list: async () => ({ languages: [], prompts: [] }),
    one: async () => undefined,
    sound: async () => undefined,
    ...{ record: never, preview: never, speak: never, takeBack: never },
  }
}

function noAddIns() {
  const settings = () => ({ folder: undefined, lookups: { allowHosts: [], plainLoopback: false, caFile: undefined } })
  return createAddIns({ settings, wallMs: () => 0, log: { info: () => undefined, warn: () => undefined } })
}

export function webBench(options: Partial<WebOptions> = {}, secondFactorFor: Parameters<typeof crew>[1] = []) {
  const team = crew(undefined, secondFactorFor)
  const noted: AccessEvent[] = []
  const access = { available: true }
  const rights = new Set<() => void>()
  const plan = keptPlan({ picture: () => EMPTY_PICTURE }).keeper
  const nobody = { subscribe: () => () => undefined }
  const all: WebOptions = {
    address: '127.0.0.1',
    port: 0,
    tls: undefined,
    version: '0.0.0',
    random: randomBytes,
    tokens: [{ name: 'desk', token: new Secret(TOKEN) }],
    hosts: [],
    proxies: [],
    embedders: [],
    addIns: noAddIns(),
    now: () => team.time.nowMs,
    people: team.people,
    signOn: undefined,
    isEnabled: () => true,
    pages: NO_PAGES,
    directory: {
      picture: () => EMPTY_PICTURE,
      change: () => Promise.reject(fault('directory.not-writable')),
      history: async () => [],
      subscribe: (listener) => {
        const tell = () => listener({ type: 'directory.changed', generation: 1, kinds: [] })
        rights.add(tell)
        return () => void rights.delete(tell)
      },
    },
    accessLog: {
      get available() {
        return access.available
      },
      note: async (event) => void noted.push(event),
      page: async () => ({ lines: [], before: undefined }),
    },
    validation: {
      ...{ services: () => [], state: () => ({ state: 'none' }), certificates: () => [] },
      begin: async () => ({ state: 'none' }),
    },
    prompts: { ...noPrompts(), saidBy: () => new Map() },
    plan: { outside: plan.outside, current: plan.current, contactsOf: () => [] },
    calls: { list: () => [], ended: () => [], get: () => undefined, ...nobody } as unknown as Calls,
    flows: openFlowFolder({ folder: 'flows' }),
    flowFiles: openFlowFolder({ folder: 'flows' }),
    flowTexts: flowTextsOf(openFlowFolder({ folder: 'flows' }), () => ({
      ...{ language: 'en', sessionSeconds: 300, attempts: 3, firstDigitSeconds: 10, interDigitSeconds: 5 },
      ...{ allowedBrands: ['visa', 'mastercard'], promptsFolder: 'prompts' },
    })),
    onFlow: () => undefined,
    health: () => ({
      ...{ ready: true, draining: false, calls: 1, vaults: 1, media: [], audit: true, accessLog: true },
      log: { available: true, dropped: 0 },
      ...{ admission: { takesCalls: true }, history: { available: true, waiting: 0 } },
    }),
    metrics: () => 'sotto_calls 1\n',
    reloadPrompts: () => undefined,
    config: { reload: async () => ({ result: 'reloaded', applied: [], needsRestart: [] }) },
    trunks: { list: () => ({ trunks: [], targets: [] }), ...nobody },
    traces: { start: () => () => undefined },
    history: { page: async () => ({ calls: [] }), count: async () => [], ...nobody },
    firstRun: {
      gate: createFirstRun({ random: randomBytes, now: () => team.time.nowMs, isSomebodyThere: () => false }),
      guide: () => ({ sip: [], phones: [], featureCode: '*71', validates: true }),
    },
    records: { check: () => Promise.reject(fault('audit.not-readable')) },
    media: {
      list: () => [],
      replace: async () => {
        throw fault('media.unknown-process')
      },
    },
    log: { fault: () => undefined } as unknown as WebOptions['log'],
    ...options,
  }
  return { ...team, options: all, noted, access, changeRights: () => rights.forEach((listener) => void listener()) }
}
