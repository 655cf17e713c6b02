/**
 * `sotto demo`: the main job with nothing else installed. A server, a sample validation service, a caller's phone and an agent's
 * phone on loopback; one call with a secure session; then the proof, and files to listen to and to look into.
 *
 * The card number exists in this process, which plays the caller, and in the sample validation service. Both are left out of the search.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodecName } from '../base/units.ts'
import { searchFiles } from '../leak/file-search.ts'
import { descendantsOf, searchMemory } from '../leak/memory-search.ts'
import { digitsOf, type Needle, needlesOf } from '../leak/needles.ts'
import { writeWav } from '../rtp/wav.ts'
import { outputFolder } from './output-folder.ts'
import type { Phone } from './phone.ts'
import { type Claim, claimLine, cleanClaim, soundClaims } from './proof.ts'
import { playCall } from './script.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, type Stage, setStage } from './stage.ts'
import type { TimelineEvent } from './timeline.ts'

export type DemoArgs = {
  readonly inband: boolean
  readonly codec: CodecName
  readonly decline: boolean
  readonly featureCode: boolean
  /** Where the files go; emptied first where it is one of ours. */
  readonly folder: string
  /** Entry file of the command, to start the server with. */
  readonly cli: string
}

/** Published test cards; the sample validation service takes the first and declines the second. */
const CARDS = { accepted: '6011000990139424', declined: '378734493671000' }

/** Runs it. @returns the exit code: 0 when every claim holds, 1 when one does not or the call did not go through, 2 when the folder is not ours. */
export async function demo(args: DemoArgs, write: (line: string) => void): Promise<number> {
  const folder = outputFolder(args.folder, write)
  if (folder === undefined) return 2
  write('Starting the server, a sample validation service and two phones on loopback.')
  let stage: Stage | undefined
  try {
    stage = await setStage({ codec: args.codec, folder, cli: args.cli, write })
    return tell(await prove(args, stage, folder, write), folder, write)
  } catch (thrown) {
    write(`The demo broke off: ${thrown instanceof Error ? thrown.message : 'for no reason that it knows'}`)
    return 1
  } finally {
    await stage?.close()
  }
}

async function prove(
  args: DemoArgs,
  stage: Stage,
  folder: string,
  write: (line: string) => void,
): Promise<readonly Claim[]> {
  const card = args.decline ? CARDS.declined : CARDS.accepted
  const needles = needlesOf(digitsOf(card))
  write('')
  const moments = await playCall(stage, { card, inband: args.inband, featureCode: args.featureCode })
  write('')
  const claims = [
    ...outcomeClaims(stage.events, stage.replies, args.decline),
    ...soundClaims({
      caller: stage.caller.sound,
      agent: stage.agent.sound,
      codec: args.codec,
      callerHumHz: CALLER_HUM_HZ,
      agentHumHz: AGENT_HUM_HZ,
      callerReoffers: stage.caller.signalling.reoffers,
      moments,
      heldUpMs: stage.heldUpMs,
    }),
  ]
  writeFileSync(join(folder, 'call.pcap'), stage.capture.bytes())
  writeSound(join(folder, 'caller-heard.wav'), stage.caller)
  writeSound(join(folder, 'agent-heard.wav'), stage.agent)
  write('Searching every process, log, capture and recording for the card number. This takes some seconds.')
  claims.push(...searchClaims(stage.server.processId, folder, needles))
  const exitCode = await stage.server.stop()
  claims.push({ says: 'the server ends cleanly on TERM', figure: `exit code ${exitCode}`, holds: exitCode === 0 })
  claims.push(cleanClaim('logs and files after the end', searchFiles(folder, needles)))
  return claims
}

function outcomeClaims(
  events: readonly TimelineEvent[],
  replies: readonly boolean[],
  decline: boolean,
): readonly Claim[] {
  const wanted = decline ? 'declined' : 'accepted'
  const ended = events.find(({ type }) => type === 'secure.ended')
  const outcome = ended?.['outcome'] as { result?: string } | undefined
  const wipedAt = events.findIndex(({ type }) => type === 'secure.wiped')
  const rejoinedAt = events.findIndex(({ type }) => type === 'secure.rejoined')
  return [
    {
      says: `the validation service got the right digits and ${wanted} them`,
      figure: `${replies.length} request`,
      holds: replies.length === 1 && replies[0] === !decline,
    },
    { says: 'the agent is told the outcome', figure: outcome?.result ?? 'nothing', holds: outcome?.result === wanted },
    {
      says: 'wiped before rejoined',
      figure: `events ${wipedAt} and ${rejoinedAt}`,
      holds: wipedAt >= 0 && wipedAt < rejoinedAt,
    },
  ]
}

function searchClaims(server: number, folder: string, needles: readonly Needle[]): readonly Claim[] {
  return [
    // This process played the caller and knows the number: a search that does not find it here finds nothing anywhere.
    memoryClaim(
      'this process knows the number, and the search finds it here',
      process.pid,
      needles,
      (found) => found > 0,
    ),
    ...descendantsOf(server).map((pid) =>
      memoryClaim(
        `no card number in the memory of process ${pid} (${roleOf(pid, server)})`,
        pid,
        needles,
        (found) => found === 0,
      ),
    ),
    cleanClaim('logs, capture and recordings', searchFiles(folder, needles)),
  ]
}

/**
 * Root may read any process. To anybody else the vault is closed, which is one of its protections and is said as such; any other process
 * that cannot be read is no proof of anything, and the claim does not hold.
 */
function memoryClaim(says: string, pid: number, needles: readonly Needle[], holds: (found: number) => boolean): Claim {
  try {
    const { finds } = searchMemory(pid, needles)
    const [first] = finds
    return {
      says,
      figure: `${finds.length} finds${first === undefined ? '' : `, first: ${first.form}`}`,
      holds: holds(finds.length),
    }
  } catch (thrown) {
    const closed = process.getuid?.() !== 0 && says.includes('(vault)')
    const why = thrown instanceof Error ? thrown.message : 'it cannot be read'
    return {
      says,
      figure: closed ? 'closed to this user, as it should be; run as root to search it' : why,
      holds: closed,
    }
  }
}

function roleOf(pid: number, server: number): string {
  if (pid === server) return 'control'
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('media') ? 'media' : 'vault'
}

function tell(claims: readonly Claim[], folder: string, write: (line: string) => void): number {
  for (const claim of claims) write(claimLine(claim))
  const failed = claims.filter(({ holds }) => !holds).length
  write('')
  write(
    `In ${folder}: caller-heard.wav, agent-heard.wav, call.pcap (for Wireshark; without what the caller keyed), server.log`,
  )
  write(failed === 0 ? 'All claims hold.' : `${failed} claims do not hold.`)
  return failed === 0 ? 0 : 1
}

function writeSound(file: string, phone: Phone): void {
  writeFileSync(file, writeWav(phone.sound.pcm(), phone.sound.sampleRate))
}
