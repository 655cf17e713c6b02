/** Calls led through a relay by the generator `rtp-load.c`, and what was seen of them. */

import { CORES, cpuMicros } from './cores.ts'
import { compile, run } from './program.ts'
import { CODECS, type Codec, type Far, type Near, type RelayKind } from './relay.ts'

export type Load = {
  readonly calls: number
  readonly measureMs: number
  /** Codecs of both ends. */
  readonly codecs: readonly [Codec, Codec]
  /** Key that the first end of each call sends with. */
  readonly key?: string
  /** Files of frames for both ends, where payloads are to be sound. */
  readonly frames?: readonly [string, string]
}

/** What one run showed. */
export type Seen = {
  readonly packets: number
  readonly lostPercent: number
  readonly reordered: number
  /** Came twice, from somewhere else, or could not be opened. */
  readonly odd: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly cpuMicrosPerPacket: number
  /** Of its core. */
  readonly relayPercent: number
  readonly loadPercent: number
  /** How late the generator sent: p99; and how often it was held up so long that it began its beat anew. */
  readonly loadLateMs: number
  readonly loadStalls: number
}

type Told = Readonly<
  Record<
    | 'sent'
    | 'received'
    | 'unsent'
    | 'reordered'
    | 'duplicate'
    | 'strange'
    | 'broken'
    | 'stalls'
    | 'p50Ms'
    | 'p99Ms'
    | 'maxMs'
    | 'lateP99Ms'
    | 'cpuMs'
    | 'tookMs',
    number
  >
>

/** The generator, compiled. */
export type LoadProgram = { readonly plain: string; readonly secure: string | undefined }

/** @param secure whether SRTP is wanted. */
export function buildLoad(folder: string, secure: boolean): LoadProgram {
  const plain = compile('rtp-load', folder)
  return { plain, secure: secure ? compile('rtp-load', folder, ['-DWITH_SRTP', '-lsrtp2']) : undefined }
}

/** Starts a relay, leads the calls through it, measures, and ends it. */
export async function measure(program: LoadProgram, kind: RelayKind, load: Load): Promise<Seen> {
  const relay = await kind.start(load.calls)
  try {
    return await through(
      program,
      load,
      kind.warmUpMs,
      (legs) => relay.connect(legs),
      () => cpuMicros(relay.pid),
    )
  } finally {
    await relay.stop()
  }
}

/** The generator alone: every leg sends to where the other end of its call listens. */
export function measureItself(program: LoadProgram, load: Load): Promise<Seen> {
  return through(
    program,
    load,
    500,
    async (legs) => legs.map((_, i) => ({ port: legs[i ^ 1]?.port ?? 0 })),
    () => 0,
  )
}

async function through(
  program: LoadProgram,
  { calls, measureMs, codecs, key, frames }: Load,
  warmUpMs: number,
  connect: (legs: readonly Far[]) => Promise<readonly Near[]>,
  relayMicros: () => number,
): Promise<Seen> {
  const generator = run(key === undefined ? program.plain : (program.secure ?? program.plain), [
    ...[calls, warmUpMs, measureMs, CORES.load],
    ...(frames ?? []),
  ])
  try {
    const ports = (await generator.line()).split(' ').map(Number)
    const legs = ports.map((port, i): Far => {
      const codec = codecs[i % 2] as Codec
      return key === undefined || i % 2 === 1 ? { port, codec } : { port, codec, key }
    })
    const nears = await connect(legs)
    const lines = nears.map(({ port, key: theirs }, i) => {
      const { codec, key: ours } = legs[i] as Far
      const { payloadType, unitsPerPacket } = CODECS[codec]
      return `${port} ${payloadType} ${unitsPerPacket} ${ours ?? '-'} ${ours === undefined ? '-' : (theirs ?? '-')}\n`
    })
    generator.write(lines.join(''))
    await generator.line()
    const before = relayMicros()
    await generator.line()
    const after = relayMicros()
    const micros = Number.isFinite(after) ? after - before : after
    return seen(JSON.parse(await generator.line()) as Told, micros)
  } finally {
    await generator.stop()
  }
}

function seen(told: Told, relayMicros: number): Seen {
  const tookMs = Math.max(1, told.tookMs)
  // Of a relay through which nothing came, no delay is good.
  const orNever = (ms: number): number => (told.received === 0 ? Number.POSITIVE_INFINITY : ms)
  return {
    packets: told.received,
    lostPercent: (100 * (told.sent - told.received)) / told.sent,
    reordered: told.reordered,
    odd: told.duplicate + told.strange + told.broken + told.unsent,
    p50Ms: orNever(told.p50Ms),
    p99Ms: orNever(told.p99Ms),
    maxMs: orNever(told.maxMs),
    cpuMicrosPerPacket: relayMicros / Math.max(1, told.received),
    relayPercent: relayMicros / 10 / tookMs,
    loadPercent: (100 * told.cpuMs) / tookMs,
    loadLateMs: told.lateP99Ms,
    loadStalls: told.stalls,
  }
}
