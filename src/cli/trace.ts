/** `sotto trace`: listens to the SIP trace of a running server, draws it as a ladder, and writes it as a capture for Wireshark. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { faults } from '../base/faults.ts'
import { pcapFileHeader, pcapUdpRecord } from '../rtp/pcap.ts'
import { askApi, describeTrouble, membersOf } from './api-request.ts'
import type { ConfigScope, WriteLine } from './configured.ts'
import { createLadder } from './ladder.ts'
import { type ServerChoice, serverOf } from './running-server.ts'
import { type End, nameOf } from './server-address.ts'

export type TraceOptions = {
  readonly call?: string
  readonly number?: string
  readonly all: boolean
  readonly seconds: number
  readonly headers: boolean
  readonly pcap?: string
} & ServerChoice

export type TraceInput = TraceOptions &
  ConfigScope & {
    /** Ends it. */
    readonly signal: AbortSignal
  }

/** What the API says (`trace.*`). */
type Told = {
  readonly type: string
  readonly callId?: string
  readonly at?: string
  readonly direction?: 'in' | 'out'
  readonly local?: End
  readonly far?: End
  readonly head?: string
  readonly count?: number
  readonly why?: string
}

type Refusal = { readonly title?: string; readonly detail?: string }

const OWNER_FILE = 0o600
const OK = 200
const ENDED: Readonly<Record<string, string>> = {
  'secure-session': 'A secure session begins in this call: nothing more of it is traced.',
  'call-over': 'The call is over.',
  'time-up': 'The time is up.',
}

/** @returns 0 traced, 1 the server refused or went away, 2 the arguments or the configuration are wrong. */
export async function trace(input: TraceInput, write: WriteLine): Promise<0 | 1 | 2> {
  const { call, number, all, seconds } = input
  if ([call !== undefined, number !== undefined, all].filter(Boolean).length !== 1) {
    write('Give one of --call ID, --number N and --all. "sotto calls --ending" and GET /api/v1/calls have ids.')
    return 2
  }
  if (seconds < 1 || seconds > 3600) {
    write('--seconds is from 1 to 3600.')
    return 2
  }
  const server = await serverOf(input, write)
  if (server === undefined) return 2
  const query = new URLSearchParams({ seconds: String(seconds) })
  if (call !== undefined) query.set('call', call)
  if (number !== undefined) query.set('number', number)
  let file: number | undefined
  try {
    if (input.pcap !== undefined) file = openSync(input.pcap, 'w', OWNER_FILE)
    if (file !== undefined) writeSync(file, pcapFileHeader())
  } catch {
    const { title, advice } = faults['output.not-writable']
    write(`${input.pcap}: ${title}. ${advice}`)
    return 2
  }
  try {
    const response = await askApi(server, 'GET', `/api/v1/trace?${query}`, input.signal)
    if (response.statusCode !== OK) {
      const { title = `HTTP ${response.statusCode}`, detail = '' }: Refusal = await membersOf(response)
      write(`${title}. ${detail}`)
      return 1
    }
    write(`Tracing at ${server.api}. Control-C ends it.`)
    return await follow(response, file, input.headers, write)
  } catch (thrown) {
    if (input.signal.aborted) return 0
    write(describeTrouble(server, thrown))
    return 1
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

async function follow(
  body: AsyncIterable<Uint8Array>,
  file: number | undefined,
  withHeaders: boolean,
  write: WriteLine,
): Promise<0 | 1> {
  const ladder = createLadder()
  for await (const told of eventsOf(body)) {
    const { at, direction, local, far, head } = told
    if (at !== undefined && direction !== undefined && local !== undefined && far !== undefined && head !== undefined) {
      for (const line of ladder.draw({ at, direction, far: nameOf(far), head })) write(line)
      if (withHeaders) for (const line of head.trimEnd().split('\r\n')) write(`    ${line.replace(/\p{C}/gu, '?')}`)
      const [from, to] = direction === 'in' ? [far, local] : [local, far]
      const record = pcapUdpRecord(Date.parse(at), from, to, Buffer.from(head, 'utf8'))
      if (file !== undefined && record !== undefined) writeSync(file, record)
    }
    if (told.type === 'trace.left-out') write(`-- ${told.callId}: left out, it is in a secure session`)
    if (told.type === 'trace.missed') write(`-- ${told.count} messages came too fast to be shown`)
    if (told.type === 'trace.ended') {
      write(ENDED[told.why ?? ''] ?? 'The trace has ended.')
      return 0
    }
  }
  write('The server has ended, or could not send as fast as messages came.')
  return 1
}

/** Server-sent events, as far as the API sends them: one line of JSON each. */
async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Told> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const line = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
      text = text.slice(end + 2)
      if (line !== undefined) yield JSON.parse(line) as Told
    }
  }
}
