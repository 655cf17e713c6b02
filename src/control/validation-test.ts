/** The validation service of this server, for whoever looks after it: what it is, and trying it while the server runs, one try at a time. */

import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { fault } from '../base/fault.ts'
import { makeId, type RandomBytes } from '../base/ids.ts'
import { runTestChild, type TestFinding, type TestOrder } from '../validation/test-child.ts'
import { readValidation } from './validation-files.ts'

export type TestState =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'failed'; readonly atMs: number }
  | { readonly state: 'done'; readonly atMs: number; readonly found: TestFinding }

export type ValidationTester = {
  readonly services: () => readonly object[]
  readonly state: () => TestState
  /** Begins a try, with published test cards alone. @throws Fault `validation.test-runs`, `validation.not-usable`, `validation.no-test-card` */
  readonly begin: (cards: Pick<TestOrder, 'cardName' | 'accepted' | 'declined'>) => Promise<TestState>
}

type Parts = {
  readonly settings: () => Config['secureInput']['validation']
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
}

/** Node's file name extension of this very run: sources as they are, or compiled. */
const EXTENSION = import.meta.filename.slice(-3)
const ENTRY = new URL(`../validation/test-process${EXTENSION}`, import.meta.url).pathname
/** A service that answers at the last moment each time. */
const LIMIT_MS = 300_000

export function createValidationTester({ settings, clock, wallMs, random }: Parts): ValidationTester {
  let current: TestState = { state: 'none' }
  return {
    services: () => [serviceOf(settings())],
    state: () => current,
    async begin(cards) {
      if (current.state === 'running') throw fault('validation.test-runs')
      const validation = readValidation(settings())
      if (validation === undefined) throw fault('validation.not-usable')
      const before = current
      current = { state: 'running' }
      const order = { ...cards, validation, runId: makeId(random, 'test-') }
      const found = await runTestChild({ entry: ENTRY, order, clock, limitMs: LIMIT_MS }).catch(() => undefined)
      if (found?.type === 'refused') {
        current = before
        throw fault('validation.no-test-card')
      }
      current = found === undefined ? { state: 'failed', atMs: wallMs() } : { state: 'done', atMs: wallMs(), found }
      return current
    },
  }
}

function serviceOf(terms: Config['secureInput']['validation']): object {
  const { url, format, timeoutSeconds, retry, retries, reply, serverName, clientCertFile, pins } = terms
  return {
    ...{ name: 'default', url, format, timeoutSeconds, retry, retries, reply },
    ...(serverName === undefined ? {} : { serverName }),
    hasClientCertificate: clientCertFile !== undefined,
    pins: pins.length,
    usable: readValidation(terms) !== undefined,
  }
}
