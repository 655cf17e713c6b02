/** Lookups of add-ins (PC-88): asked one by one, a few at a time, and counted, so that people can see how they do. */

import { readFile } from 'node:fs/promises'
import { asFault, fault } from '../base/fault.ts'
import type { FaultCode } from '../base/faults.ts'
import { answerOf, type LookupAnswer } from './lookup-answer.ts'
import { exchange } from './lookup-exchange.ts'
import { requestOf } from './lookup-request.ts'
import type { AddInSettings, Registry } from './registry.ts'

export type LookupQuestion = {
  /** In which the form is open. */
  readonly callId: string
  readonly addIn: string
  readonly lookup: string
  readonly values: Readonly<Record<string, string>>
  /** Opens a secret of the form; undefined where it has none of that name. */
  readonly secretOf: (name: string) => string | undefined
}

export type LookupHealth = {
  /** Since the server started. */
  readonly count: number
  /** Of them, those that came to nothing through no fault of whoever asked. */
  readonly failed: number
  readonly lastProblem: { readonly lookup: string; readonly code: FaultCode; readonly atMs: number } | undefined
}

export type Lookups = {
  /** @throws Fault `lookup.*` */
  lookUp(question: LookupQuestion): Promise<LookupAnswer>
  health(addIn: string): LookupHealth
}

type Parts = {
  readonly registry: Pick<Registry, 'find'>
  /** As they count just now. */
  readonly settings: () => Pick<AddInSettings, 'lookups'>
  readonly wallMs: () => number
}

/** Of all calls together: each holds 64 kB and a connection while it waits. */
const MOST_AT_ONCE = 32
/** Of one call, so that nobody takes all of them. */
const MOST_OF_CALL = 4
const NONE: LookupHealth = { count: 0, failed: 0, lastProblem: undefined }

export function createLookups({ registry, settings, wallMs }: Parts): Lookups {
  const healths = new Map<string, LookupHealth>()
  /** The call of each lookup that waits for its answer. */
  const waiting: string[] = []

  const ask = async ({ callId, addIn, lookup, values, secretOf }: LookupQuestion): Promise<LookupAnswer> => {
    const { lookups } = registry.find(addIn)?.manifest ?? {}
    if (lookups === undefined) throw fault('lookup.no-add-in')
    const terms = Object.hasOwn(lookups, lookup) ? lookups[lookup] : undefined
    if (terms === undefined) throw fault('lookup.unknown')
    const { lookups: places } = settings()
    const request = requestOf(terms, values, secretOf, places)
    const ofCall = waiting.filter((each) => each === callId).length
    if (waiting.length >= MOST_AT_ONCE || ofCall >= MOST_OF_CALL) throw fault('lookup.busy')
    waiting.push(callId)
    try {
      const authorities = places.caFile === undefined ? undefined : await authoritiesIn(places.caFile)
      const body = await exchange(request, { timeoutMs: terms.timeoutMs, authorities })
      return answerOf(body, terms.answer, request.secrets)
    } finally {
      waiting.splice(waiting.indexOf(callId), 1)
    }
  }

  return {
    async lookUp(question) {
      const { addIn, lookup } = question
      const note = (code: FaultCode | undefined) => {
        const { count, failed, lastProblem } = healths.get(addIn) ?? NONE
        const problem = code === undefined ? lastProblem : { lookup, code, atMs: wallMs() }
        healths.set(addIn, { count: count + 1, failed: failed + (code === undefined ? 0 : 1), lastProblem: problem })
      }
      try {
        const answer = await ask(question)
        note(undefined)
        return answer
      } catch (thrown) {
        const { code, row, detail, cause } = asFault(thrown)
        const isTrouble = row.blame === 'upstream' || row.blame === 'server'
        // What the agent typed, or asked for without there being such a thing, is no trouble of the add-in's.
        if (isTrouble && code !== 'lookup.no-add-in') note(code)
        else if (code === 'lookup.nothing-found') note(undefined)
        // A name that no manifest has is whatever somebody wrote into an address.
        throw fault(code, { ...detail, addIn, ...(code === 'lookup.unknown' ? {} : { lookup }) }, cause)
      }
    },
    health: (addIn) => healths.get(addIn) ?? NONE,
  }
}

/** Read each time, so that authorities that were changed count at once. */
async function authoritiesIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    throw fault('lookup.not-trusted', { reason: 'ca-file' }, thrown)
  }
}
