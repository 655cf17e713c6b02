/**
 * What went over loopback, seen by the kernel and not by the programs that sent it: Debian's dumpcap writes it, our own readers or tshark
 * look into it afterwards. Needs the right to capture, as root has. It ends at a size, so that it does not fill the disk of a busy machine; who
 * reads it is told of whatever is not in it.
 */

import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { CapturedPacket } from '../rtp/pcap.ts'
import { CaptureFile } from './capture-file.ts'

export type Captured = {
  /** In the order of the wire; read from the file as they are asked for. */
  readonly packets: Iterable<CapturedPacket>
  /** Why there are packets that are not among them, as a sentence goes on; empty when there are none. Complete when `packets` has been read. */
  missing(): string
}

export type WireCapture = {
  readonly file: string
  /** Ends it. @throws Error when there is none. */
  stop(): Promise<Captured>
}

const START_LIMIT_MS = 15_000
const BUFFER_MEGABYTES = 32
/** Eight million packets of sound: an hour of ten calls. */
const MOST_MEGABYTES = 2000

/**
 * Starts capturing on an interface and waits until it does.
 * @param filter as in pcap-filter(7); empty for everything. @param mostMegabytes where it ends by itself, of a million octets each.
 * @throws Error when dumpcap cannot.
 */
export async function startWireCapture(
  folder: string,
  filter: string,
  networkInterface = 'lo',
  mostMegabytes = MOST_MEGABYTES,
): Promise<WireCapture> {
  const file = join(folder, 'wire.pcapng')
  const limits = ['-B', String(BUFFER_MEGABYTES), '-a', `filesize:${mostMegabytes * 1000}`]
  const capturing = ['dumpcap', '-i', networkInterface, ...limits, '-f', filter, '-w', file]
  // It would go on for ever after a parent that was killed.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...capturing], { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message
      resolve()
    })
    child.once('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    const refuse = (): void => reject(new Error(`dumpcap does not capture: ${output}`))
    const limit = setTimeout(refuse, START_LIMIT_MS)
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (!/^File: /m.test(output)) return
      clearTimeout(limit)
      resolve()
    })
    void ended.then(() => {
      clearTimeout(limit)
      refuse()
    })
  })
  const startedMs = performance.now()
  let endedMs = 0
  void ended.then(() => {
    endedMs = performance.now()
  })
  let alone: boolean | undefined
  return {
    file,
    async stop() {
      alone ??= child.exitCode !== null
      child.kill('SIGTERM')
      await ended
      // Told to end it does so well; the news that it was killed may come after that.
      alone ||= child.exitCode !== 0
      const octets = statSync(file, { throwIfNoEntry: false })?.size ?? 0
      if (octets === 0) throw new Error(`dumpcap left no capture: ${output}`)
      const packets = new CaptureFile(file)
      const lastedMs = endedMs - startedMs
      const isFull = octets >= mostMegabytes * 1e6
      const reasons = [isFull ? fullAfter(lastedMs, mostMegabytes) : alone ? endedAfter(lastedMs) : '', lostOf(output)]
      return { packets, missing: () => [...reasons, packets.cutShort ? CUT : ''].filter(Boolean).join(', and ') }
    },
  }
}

const QUIETER = "test again while less goes over this machine's network"
const CUT = 'its last part cannot be read (was the disk full?)'

function fullAfter(ms: number, megabytes: number): string {
  return `the capture was full after ${Math.round(ms / 1000)} s, at ${megabytes} MB: ${QUIETER}`
}

function endedAfter(ms: number): string {
  return `dumpcap ended by itself after ${Math.round(ms / 1000)} s`
}

/** By the last line of dumpcap. */
function lostOf(output: string): string {
  const dropped = /dropped on interface '[^']*': \d+\/(\d+)/.exec(output)?.[1]
  if (dropped === undefined) return 'dumpcap did not tell how many packets it lost'
  return dropped === '0' ? '' : `${dropped} packets were lost to the capture: ${QUIETER}`
}
