/** Callers and callees played by sipp whose sound somebody else sends: each end names the port it is given, and tells where the server wants its packets. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { until } from '../../src/demo/waiting.ts'
import { type Sipp, startSipp } from '../../test/peers/sipp.ts'
import { waiting } from '../../test/peers/sipp-sound.ts'
import { TRUNK_ADDRESS } from '../../test/peers/sotto.ts'

const FIXTURES = resolve(import.meta.dirname, '../../test/fixtures/sipp')
/** Where the sound comes from, whatever the address that signalling comes from. */
const SOUND_ADDRESS = '127.0.0.1'

export type SippCallsOptions = {
  readonly folder: string
  readonly calls: number
  /** Calls begun a second. */
  readonly rate: number
  readonly talkMs: number
  readonly limitSeconds: number
  /** Ports that the callers, or the callees, have for their sound: one a call. */
  readonly ports: readonly number[]
}

export type SippCalls = Sipp & {
  /** @returns where the server wants the packets of each call, by the call's number. Rejects when not all come about. */
  serverPorts(limitMs: number): Promise<ReadonlyMap<number, number>>
}

/** Those who are called. */
export function startCallees(options: SippCallsOptions): Promise<SippCalls> {
  return start(options, 'pbx.xml', {
    '[media_port]': '[field0]',
    '<recv request="INVITE" rrs="true" />': `<recv request="INVITE" rrs="true">${telling('From:')}</recv>`,
  })
}

/** Those who call 300. */
export function startCallers(options: SippCallsOptions, sipPort: number): Promise<SippCalls> {
  return start(
    options,
    'caller.xml',
    {
      '[auto_media_port]': '[field0]',
      '<recv response="200" rtd="1" rrs="true" />': `<recv response="200" rtd="1" rrs="true">${telling('From:')}</recv>`,
      TURNS: waiting(options.talkMs),
    },
    { target: `127.0.0.1:${sipPort}`, service: '300', address: TRUNK_ADDRESS },
  )
}

async function start(
  options: SippCallsOptions,
  scenario: string,
  fill: Readonly<Record<string, string>>,
  side: { readonly target?: string; readonly service?: string; readonly address?: string } = {},
): Promise<SippCalls> {
  const { folder, ports } = options
  const told = join(folder, 'told.log')
  const sipp = await startSipp({
    ...options,
    ...side,
    scenarioFile: join(FIXTURES, scenario),
    fill: { '[media_ip]': SOUND_ADDRESS, '</scenario>': '<Reference variables="whole" /></scenario>', ...fill },
    transport: 'udp',
    lines: ports.map(String),
    more: ['-trace_logs', '-log_file', told],
  })
  const read = (): Map<number, number> => {
    const rows = textOf(told).matchAll(/^call (\d+) at (\d+)$/gm)
    return new Map([...rows].map(([, call, port]) => [Number(call), Number(port)]))
  }
  return {
    ...sipp,
    async serverPorts(limitMs) {
      await until(() => read().size === options.calls, 'all calls answered', limitMs)
      return read()
    },
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** Writes the caller's number, which is the call's, and the port of the description into sipp's log. */
function telling(header: string): string {
  return [
    '<action>',
    `<ereg regexp="4930([0-9]+)@" search_in="hdr" header="${header}" assign_to="whole,call" />`,
    '<ereg regexp="m=audio ([0-9]+) " search_in="msg" assign_to="whole,port" />',
    '<log message="call [$call] at [$port]" />',
    '</action>',
  ].join('')
}
