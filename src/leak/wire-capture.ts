/**
 * What went over loopback, seen by the kernel and not by the programs that sent it: Debian's dumpcap writes it, our own readers or tshark
 * look into it afterwards. Needs the right to capture, as root has.
 */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PacketOpener, type Segment } from '../rtp/link-layer.ts'
import type { Capture } from '../rtp/pcap.ts'
import { parseCapture } from '../rtp/pcapng.ts'

export type WireCapture = {
  readonly file: string
  /** Ends it. @returns what was captured, in its order, and how many packets the kernel could not keep. */
  stop(): Promise<{ readonly capture: Capture; readonly segments: readonly Segment[]; readonly dropped: number }>
}

const START_LIMIT_MS = 15_000
const BUFFER_MEGABYTES = 32

/**
 * Starts capturing on an interface and waits until it does.
 * @param filter as in pcap-filter(7); empty for everything. @throws Error when dumpcap cannot.
 */
export async function startWireCapture(folder: string, filter: string, networkInterface = 'lo'): Promise<WireCapture> {
  const file = join(folder, 'wire.pcapng')
  const capturing = ['dumpcap', '-i', networkInterface, '-B', String(BUFFER_MEGABYTES), '-f', filter, '-w', file]
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
  return {
    file,
    async stop() {
      child.kill('SIGTERM')
      await ended
      const capture = parseCapture(readFileSync(file))
      if (capture === undefined) throw new Error(`dumpcap left no capture: ${output}`)
      const opener = new PacketOpener()
      const segments = capture.packets.flatMap((packet) => opener.open(packet) ?? [])
      return {
        capture,
        segments,
        dropped: Number(/dropped on interface '[^']*': \d+\/(\d+)/.exec(output)?.[1] ?? Number.NaN),
      }
    },
  }
}
