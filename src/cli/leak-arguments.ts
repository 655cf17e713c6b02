/** What `sotto leak-test` is told on the command line and in files that the operator names: secrets and numbers are in no process list. */

import { readFileSync } from 'node:fs'
import type { Needle } from '../leak/needles.ts'
import type { LiveArgs } from './leak-live.ts'

/** One run of the test. */
export type LeakScene = {
  /** For its own files; the searched server does not write there. */
  readonly folder: string
  /** Digits of the number that is keyed. */
  readonly number: string
  readonly needles: readonly Needle[]
  /** Takes a line of progress. */
  readonly say: (line: string) => void
}

/** As the command line gives it. */
export type LeakTestOptions = {
  readonly out: string
  readonly numberFile?: string
  readonly json: boolean
  readonly allowUnsearched: boolean
  readonly server?: number
  readonly api?: string
  readonly tokenFile?: string
  readonly sip?: string
  readonly trunk?: readonly string[]
  readonly call?: string
  readonly account?: string
  readonly passwordFile?: string
  readonly agentAddress?: string
  readonly sound?: readonly string[]
  readonly interface: string
  readonly log?: readonly string[]
  readonly folder?: readonly string[]
  readonly recordings?: readonly string[]
  readonly snapshots?: string
  readonly wait: number
}

/** @returns what is to be known of a running server, undefined when none is meant, or a sentence that says what is missing. */
export function liveArgsOf(options: LeakTestOptions): LiveArgs | undefined | string {
  const { server, api, tokenFile, sip, trunk = [], sound = [] } = options
  if (server === undefined) return undefined
  if (api === undefined || tokenFile === undefined)
    return '--server needs --api and --token-file: the test follows the session by its events.'
  if (trunk.length === 0 || sound.length === 0)
    return '--server needs --trunk and --sound: without them the legs of the call cannot be told apart.'
  if (sip === undefined && options.numberFile === undefined)
    return 'Without --sip you key the number yourself: say in --number-file which one.'
  const call = callOf(options, trunk[0] ?? '')
  if (sip !== undefined && call === undefined)
    return '--sip HOST:PORT needs --call, --account, --password-file and --agent-address.'
  return {
    server,
    api,
    tokenFile,
    call,
    callers: trunk,
    servers: sound,
    networkInterface: options.interface,
    logs: options.log ?? [],
    folders: options.folder ?? [],
    recordings: options.recordings ?? [],
    snapshots: options.snapshots,
    waitSeconds: options.wait,
  }
}

function callOf({ sip, call, account, passwordFile, agentAddress }: LeakTestOptions, from: string): LiveArgs['call'] {
  const [, address, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(sip ?? '') ?? []
  if (address === undefined || call === undefined || account === undefined) return undefined
  if (passwordFile === undefined || agentAddress === undefined) return undefined
  return { sip: { address, port: Number(port) }, from, agentFrom: agentAddress, number: call, account, passwordFile }
}

const PART = 7
const DIFFERENT = 4

/** @returns the digits of a number, spaces and dashes left out; undefined when it cannot be searched for. */
export function readNumberFile(file: string): string | undefined {
  const digits = readSecretFile(file).replaceAll(/[\s-]/g, '')
  if (!/^\d{12,19}$/.test(digits)) return undefined
  for (let at = 0; at + PART <= digits.length; at++) {
    if (new Set(digits.slice(at, at + PART)).size < DIFFERENT) return undefined
  }
  return digits
}

/** @returns the first line of a file. @throws Error when it cannot be read. */
export function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n', 1)[0]?.trim() ?? ''
  } catch {
    throw new Error(`${file} cannot be read`)
  }
}
