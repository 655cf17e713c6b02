/**
 * `sotto flows`: what there is to ask callers for, whether a flow file is good, and which of its versions sessions take. A running server takes
 * what is published or retired here with its next session.
 */

import { basename } from 'node:path'
import { Fault } from '../base/fault.ts'
import { type FlowEntry, type FlowFolder, type FlowProblem, parseFlowRef } from '../flow/index.ts'
import { readText, type WriteLine } from './configured.ts'
import { type FlowsScope, flowsOf } from './flow-settings.ts'

/** Exit codes: 0 done, 1 it did not work, 2 the configuration or the arguments are wrong. */
export type FlowsExit = 0 | 1 | 2

/** Every flow with its versions, a line each. */
export function flowsList(scope: FlowsScope, write: WriteLine): FlowsExit {
  return withFolder(scope, write, (flows) => {
    const entries = flows.list()
    const width = Math.max(0, ...entries.map(({ id }) => id.length))
    for (const entry of entries) write(`${entry.id.padEnd(width)}  ${entry.title}: ${stateOf(entry)}`)
    if (entries.length === 0) write('There are no flows here. "sotto flows new ID --from card-payment" begins one.')
    return 0
  })
}

/** @param what path of a file, id of a draft, or a version such as card-payment@2. */
export function flowsCheck(scope: FlowsScope, what: string, write: WriteLine): FlowsExit {
  return withFolder(scope, write, (flows) => {
    const found = textOf(flows, what)
    if (found === undefined) return notThere(what, write)
    const problems = flows.check(found.text, found.id)
    for (const problem of problems) write(lineOf(problem, what))
    write(problems.length === 0 ? `${what}: good` : counted(problems))
    return problems.length === 0 ? 0 : 1
  })
}

/** @param what path of a file, or id of a draft. */
export function flowsPublish(scope: FlowsScope, what: string, write: WriteLine): FlowsExit {
  return withFolder(scope, write, (flows) => {
    const found = textOf(flows, what)
    if (found === undefined) return notThere(what, write)
    const id = found.id ?? idIn(found.text) ?? basename(what).replace(/\.\w+$/, '')
    const done = flows.publish(id, found.text)
    if (done.result === 'not-valid') {
      for (const problem of done.problems) write(lineOf(problem, what))
      write(`${counted(done.problems)}; nothing was published`)
      return 1
    }
    const version = `${id}@${done.version}`
    write(
      done.result === 'published'
        ? `${version} is published: the next sessions take it`
        : `${version} is this text already: nothing to publish`,
    )
    return 0
  })
}

/** @param what a version such as card-payment@2. */
export function flowsRetire(scope: FlowsScope, what: string, write: WriteLine): FlowsExit {
  const ref = parseFlowRef(what)
  if (ref?.version === undefined) {
    write(`${what} names no version: write it like card-payment@2.`)
    return 2
  }
  const { id, version } = ref
  return withFolder(scope, write, (flows) => {
    flows.retire(id, version)
    const next = flows.find(id)
    write(`${what} is retired: sessions that run keep it`)
    write(
      next.result === 'found'
        ? `the next ones take ${id}@${next.version}`
        : `no version of ${id} is left for the next ones`,
    )
    return 0
  })
}

/** Writes a flow as it is on disk. @param what an id, for its draft or else its newest version, or a version. */
export function flowsShow(scope: FlowsScope, what: string, write: WriteLine): FlowsExit {
  return withFolder(scope, write, (flows) => {
    const ref = parseFlowRef(what)
    const text = ref === undefined ? undefined : shown(flows, ref.id, ref.version)
    if (text === undefined) return notThere(what, write)
    write(text.replace(/\n$/, ''))
    return 0
  })
}

/** Begins a draft as a copy of another flow. */
export function flowsNew(scope: FlowsScope, id: string, from: string, write: WriteLine): FlowsExit {
  const ref = parseFlowRef(id)
  if (ref === undefined || ref.version !== undefined) {
    write(`${id} cannot be the id of a flow: use small letters, digits and dashes, beginning with a letter.`)
    return 2
  }
  return withFolder(scope, write, (flows) => {
    const source = parseFlowRef(from)
    const text = source === undefined ? undefined : shown(flows, source.id, source.version)
    if (text === undefined) return notThere(from, write)
    write(`${flows.create(id, text.replace(/^(["']?id["']?\s*:\s*).*$/m, `$1${id}`))} is a copy of ${from}`)
    write(`edit it, then: sotto flows publish ${id}`)
    return 0
  })
}

function withFolder(scope: FlowsScope, write: WriteLine, work: (flows: FlowFolder) => FlowsExit): FlowsExit {
  const flows = flowsOf(scope, write)
  if (flows === undefined) return 2
  try {
    return work(flows)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    write(`${thrown.row.title}. ${thrown.row.advice}`)
    return 1
  }
}

/** What is meant on the command line; a file has a dot or a slash in its name, and an id has not. */
function textOf(
  flows: FlowFolder,
  what: string,
): { readonly text: string; readonly id: string | undefined } | undefined {
  const ref = parseFlowRef(what)
  const text = ref === undefined ? readText(what) : flows.text(ref.id, ref.version)
  return text === undefined ? undefined : { text, id: ref?.id }
}

function shown(flows: FlowFolder, id: string, version: number | undefined): string | undefined {
  return flows.text(id, version) ?? flows.text(id, flows.entry(id)?.versions[0]?.version)
}

function idIn(text: string): string | undefined {
  return /^["'{\s]*id["']?\s*:\s*["']?([a-z][a-z0-9-]*)/m.exec(text)?.[1]
}

function notThere(what: string, write: WriteLine): FlowsExit {
  write(`There is no flow and no file ${what}. "sotto flows list" tells which there are.`)
  return 2
}

function stateOf({ versions, draft }: FlowEntry): string {
  const taken = versions.find(({ state }) => state === 'published')
  const retired = versions.filter(({ state }) => state === 'retired').map(({ version }) => version)
  const parts = [
    taken === undefined ? 'not published' : `sessions take version ${taken.version}`,
    ...(retired.length === 0 ? [] : [`retired: ${retired.join(', ')}`]),
    ...(draft === 'changed' ? ['the draft differs from the newest version'] : []),
  ]
  return parts.join('; ')
}

function lineOf({ line, key, says, advice }: FlowProblem, what: string): string {
  return `${what}${line === undefined ? '' : `:${line}`}: ${key === '' ? '' : `${key}: `}${says} ${advice}`
}

function counted(problems: readonly FlowProblem[]): string {
  return `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}`
}
