/** `sotto reload`: has a running server take its changed configuration, and says what became of it. */

import type { ConfigProblem } from '../base/config.ts'
import { problemLine } from '../base/problem-line.ts'
import { askApi, describeTrouble, membersOf } from './api-request.ts'
import type { ConfigScope, WriteLine } from './configured.ts'
import { type Server, type ServerChoice, serverOf } from './running-server.ts'

type Change = { readonly setting: string; readonly change: string }
/** What the API says: that it was applied, or problem+json. */
type Told = {
  readonly applied?: readonly Change[]
  readonly needsRestart?: readonly Change[]
  readonly title?: string
  readonly detail?: string
  readonly problems?: readonly ConfigProblem[]
}

const UNAUTHORIZED = 401

/** @returns 0 applied, 1 the server refused or cannot be reached, 2 the configuration is wrong. */
export async function reload(input: ServerChoice & ConfigScope, write: WriteLine): Promise<0 | 1 | 2> {
  const server = await serverOf(input, write)
  if (server === undefined) return 2
  try {
    const { status, told } = await asked(server)
    if (told.applied === undefined || told.needsRestart === undefined) {
      for (const problem of told.problems ?? []) write(problemLine(problem, input.config))
      write(`${told.title ?? `HTTP ${status}`}. ${told.detail ?? ''}`)
      if (status === UNAUTHORIZED)
        write('Where the tokens themselves were changed, send the server a HUP, or give an old one with --token-file.')
      return 1
    }
    for (const { setting, change } of told.applied) write(`${change}: ${setting}`)
    for (const { setting, change } of told.needsRestart) write(`needs a restart: ${setting} (${change})`)
    write(`${told.applied.length} applied, ${told.needsRestart.length} after a restart`)
    return 0
  } catch (thrown) {
    write(describeTrouble(server, thrown))
    return 1
  }
}

/** Asks with one token after the other: of those of the configuration the server may not know the newest yet. */
async function asked(server: Server): Promise<{ readonly status: number; readonly told: Told }> {
  const response = await askApi(server, 'POST', '/api/v1/config/reload')
  const told: Told = await membersOf(response)
  const status = response.statusCode ?? 0
  const [, next, ...rest] = server.tokens
  if (status === UNAUTHORIZED && next !== undefined) return asked({ ...server, tokens: [next, ...rest] })
  return { status, told }
}
