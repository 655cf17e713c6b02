/** Sotto's media process as a relay: its own program, opened over its own channel as control does it. */

import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clockFrom } from '../../src/base/clock.ts'
import { createMediaPool } from '../../src/media/client.ts'
import type { Stream } from '../../src/media/contract.ts'
import type { Recipients } from '../../src/media/contract-recording.ts'
import { writeWav } from '../../src/rtp/wav.ts'
import { CORES, pin } from './cores.ts'
import { type Recording, recordingIn } from './recorded.ts'
import { CODECS, type Far, inTurns, type RelayKind, SRTP_MASTER_SIZE, SRTP_SUITE } from './relay.ts'

const FIRST_PORT = 10_000
/** RTP and RTCP of both legs. */
const PORTS_A_CALL = 4
/** Ports of other programs may lie between. */
const SPARE_PORTS = 200
const AT_ONCE = 64

export type MediaRelayOptions = {
  readonly name: string
  /** How it receives and sends; `auto` is as it runs in production. */
  readonly packetIo: 'auto' | 'addon' | 'dgram'
  /** Words for Node: to be profiled, for example. */
  readonly nodeWords: readonly string[]
  /** Records every call, sealed to these. */
  readonly recipients?: Recipients
}

/** @param folder for the hold music that it wants to have. */
export function mediaRelay(folder: string, { name, packetIo, nodeWords, recipients }: MediaRelayOptions): RelayKind {
  const holdMusicFile = join(folder, 'music.wav')
  writeFileSync(holdMusicFile, writeWav(new Int16Array(8000), 8000))
  return {
    name,
    // Its engine compiles what runs often, which takes some hundred thousand packets; a server has them behind it within minutes.
    warmUpMs: 12_000,
    async start(calls) {
      const recording: Recording | undefined = recipients === undefined ? undefined : recordingIn(folder)
      const portMax = FIRST_PORT + calls * PORTS_A_CALL + SPARE_PORTS
      const pool = createMediaPool({
        processes: 1,
        cores: 1,
        configure: {
          ...{ address: '127.0.0.1', portMin: FIRST_PORT, portMax, holdMusicFile },
          ...(recipients === undefined ? {} : { recording: { recipients } }),
        },
        entry: fileURLToPath(new URL('../../src/media.ts', import.meta.url)),
        packetIo,
        fork: (entry, words, options) =>
          fork(entry, [...words], { ...options, execArgv: [...(options.execArgv ?? []), ...nodeWords] }),
        clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
        onEvent: (event) => {
          if (packetIo === 'auto' && event.name === 'media.ready' && event.packetIo.udp === 'dgram')
            process.stderr.write(`Sotto runs over node:dgram: the addon is ${event.packetIo.because}\n`)
        },
      })
      await pool.start()
      const pid = pool.processIds[0] as number
      pin(pid, CORES.relay)
      const place = pool.place()
      const events = { onKey: () => undefined, onQuiet: () => undefined }
      return {
        pid,
        async connect(legs) {
          const ports = await inTurns(legs, AT_ONCE, async (leg) => {
            const port = await place.open('IPv4', events)
            const stream = termsFor(leg)
            const key = stream.srtp && Buffer.from(stream.srtp.sendMaster).toString('base64')
            // The keys are overwritten once they are sent.
            await port.stream(stream)
            return { ...port, key }
          })
          await inTurns(ports, AT_ONCE, ({ portId }, i) =>
            place.assign([{ portId, source: { kind: 'port', portId: ports[i ^ 1]?.portId ?? '' } }]),
          )
          if (recording !== undefined)
            await inTurns(ports, AT_ONCE, async ({ record }, i) => {
              const terms = { recording: `bench-${i}`, file: join(recording.folder, `bench-${i}.p7m`) }
              if (i % 2 === 0) await record(terms, () => undefined)
            })
          return ports.map(({ rtpPort: port, key }) => (key === undefined ? { port } : { port, key }))
        },
        async stop() {
          await pool.close()
          recording?.end()
        },
      }
    },
  }
}

function termsFor({ port, codec, key }: Far): Stream {
  const { payloadType } = CODECS[codec]
  return {
    remote: { address: '127.0.0.1', rtpPort: port, rtcpPort: port },
    codec,
    receivePayloadType: payloadType,
    sendPayloadType: payloadType,
    sendPtimeMs: 20,
    rtcpMux: true,
    send: true,
    receive: true,
    latch: 'sdp',
    ...(key === undefined
      ? {}
      : { srtp: { suite: SRTP_SUITE, sendMaster: newMaster(), receiveMaster: octetsOf(key) } }),
  }
}

function newMaster(): Uint8Array {
  return new Uint8Array(randomBytes(SRTP_MASTER_SIZE))
}

function octetsOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
