/**
 * `sotto replay FILE`: what a capture holds, without sending anything: every RTP stream with its codecs, losses, jitter and
 * key presses. Digits are dots unless the operator, whose file it is, asks for them with `--show-digits`.
 */

import { readFile } from 'node:fs/promises'
import { type Fault, fault } from '../base/fault.ts'
import type { Capture } from '../rtp/pcap.ts'
import { parseCapture } from '../rtp/pcapng.ts'
import { type CaptureContents, findStreams } from '../rtp/stream-finder.ts'
import type { KeyPress } from '../rtp/stream-keys.ts'
import { reportStream, type StreamReport } from '../rtp/stream-report.ts'

const KEYS = '0123456789*#ABCD'
const HIDDEN = '•'

export type ReplayArgs = {
  /** Path of a pcap or pcapng file. */
  readonly file: string
  /** True to print what was pressed; otherwise only how often and when. */
  readonly showDigits: boolean
  /** True for one JSON object instead of a table. */
  readonly json: boolean
}

/** Reads a capture file. Throws `replay.no-file` and `replay.not-a-capture`. */
export async function openCapture(path: string): Promise<Capture> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw fault('replay.no-file', {}, cause)
  }
  const capture = parseCapture(bytes)
  if (capture === undefined) throw fault('replay.not-a-capture', { octets: bytes.length })
  return capture
}

/**
 * Prints what the capture holds.
 * @returns the exit code: 0, also for a file that is cut short, of which it prints what was read; 1 when there is nothing to read.
 */
export async function replay(args: ReplayArgs, write: (line: string) => void): Promise<number> {
  let capture: Capture
  try {
    capture = await openCapture(args.file)
  } catch (thrown) {
    const { code, row } = thrown as Fault
    if (row === undefined) throw thrown
    write(args.json ? JSON.stringify({ fault: code }) : `${args.file}: ${row.title}. ${row.advice}`)
    return 1
  }
  const contents = findStreams(capture)
  const begunMs = capture.packets[0]?.atMs ?? 0
  const reports = contents.streams.map((stream) => reportStream(stream, begunMs))
  if (args.json) write(JSON.stringify(jsonOf(capture, contents, reports, args.showDigits)))
  else for (const line of tableOf(args, capture, contents, reports)) write(line)
  return 0
}

function jsonOf(capture: Capture, contents: CaptureContents, reports: StreamReport[], showDigits: boolean): unknown {
  const { sipMessages, rtcpPackets, stunPackets, dtlsPackets } = contents
  return {
    format: capture.format,
    packets: capture.packets.length,
    cutShort: capture.cutShort,
    sipMessages,
    rtcpPackets,
    stunPackets,
    dtlsPackets,
    streams: reports.map((report) => ({
      ...report,
      ssrc: ssrcText(report.ssrc),
      startMs: rounded(report.startMs),
      durationMs: rounded(report.durationMs),
      jitterMs: rounded(report.jitterMs),
      jitterMaxMs: rounded(report.jitterMaxMs),
      presses: report.presses.map((press) => ({
        digit: keyText(press.code, showDigits),
        afterMs: rounded(press.afterMs),
        by: press.by,
        counted: press.counted,
      })),
    })),
  }
}

function tableOf(args: ReplayArgs, capture: Capture, contents: CaptureContents, reports: StreamReport[]): string[] {
  const lines = [
    `${args.file}: ${capture.format}, ${many(capture.packets.length, 'packet')}, ${many(contents.sipMessages, 'SIP message')}, ` +
      `${contents.rtcpPackets} RTCP, ${contents.stunPackets} STUN, ${contents.dtlsPackets} DTLS, ${many(reports.length, 'RTP stream')}`,
  ]
  if (capture.cutShort) lines.push('The file ends inside a packet: what follows is what could be read.')
  for (const [i, report] of reports.entries()) lines.push('', ...streamLines(i + 1, report, args.showDigits))
  return lines
}

function streamLines(number: number, report: StreamReport, showDigits: boolean): string[] {
  const codecs = report.codecs.map(
    (codec) => `${codec.name}/${codec.clockRate} (type ${codec.payloadType}, ${codec.packets})`,
  )
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`
  const lines = [
    `stream ${number}  ${report.from} -> ${report.to}  SSRC ${ssrcText(report.ssrc)}${report.encrypted ? '  encrypted' : ''}`,
    `  codecs   ${codecs.join(', ')}`,
    `  time     from ${seconds(report.startMs)}, ${seconds(report.durationMs)} long`,
    `  packets  ${report.packets} of ${report.expected} expected, ${report.lost} lost, ${report.duplicates} duplicate, ${report.reordered} reordered`,
    `  jitter   ${report.jitterMs.toFixed(1)} ms mean, ${report.jitterMaxMs.toFixed(1)} ms at most`,
  ]
  const counted = report.presses.filter((press) => press.counted)
  if (counted.length > 0) {
    lines.push(`  keys     ${counted.map((press) => keyText(press.code, showDigits)).join('')}  (${counted.length})`)
  }
  for (const press of report.presses) lines.push(pressLine(press, showDigits))
  return lines
}

function pressLine(press: KeyPress, showDigits: boolean): string {
  const at = `${(press.afterMs / 1000).toFixed(3)} s`.padStart(11)
  return `  ${at}  ${keyText(press.code, showDigits)}  ${press.by}${press.counted ? '' : ', told before'}`
}

function keyText(code: number, showDigits: boolean): string {
  return showDigits ? KEYS.charAt(code) : HIDDEN
}

function ssrcText(ssrc: number): string {
  return `0x${ssrc.toString(16).toUpperCase().padStart(8, '0')}`
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** To microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
