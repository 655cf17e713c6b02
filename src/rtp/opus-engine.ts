/**
 * libopus (RFC 6716), as WebAssembly out of the package `@evan/opus`: one instance a process, compiled at the first use. Coder states
 * are pieces of its memory, each of one stream; nothing that a packet does to a decoder can reach out of that memory. docs/adr/0008 says
 * why this library and not another.
 *
 * Sound and packets pass through two scratch pieces that are overwritten after each call; a state is overwritten when it is given
 * back, and `wipe` overwrites what the calls left on the stack. Nothing is allocated per packet.
 */

import { readFileSync } from 'node:fs'

/** What libopus exports; pointers are octets from the start of the memory, results below zero are errors. */
type Library = {
  readonly memory: { readonly buffer: ArrayBuffer }
  _initialize(): void
  malloc(size: number): number
  free(at: number): void
  stackSave(): number
  stackRestore(at: number): void
  opus_decoder_get_size(channels: number): number
  opus_decoder_init(state: number, rate: number, channels: number): number
  opus_decode(state: number, data: number, size: number, pcm: number, samples: number, fec: number): number
  opus_decoder_ctl_set(state: number, request: number, value: number): number
  opus_encoder_get_size(channels: number): number
  opus_encoder_init(state: number, rate: number, channels: number, application: number): number
  opus_encode(state: number, pcm: number, samples: number, data: number, max: number): number
  opus_encoder_ctl_set(state: number, request: number, value: number): number
}

type Modules = {
  Module: new (octets: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
  validate(octets: Uint8Array): boolean
}

/** Sampling rates that are used here, of the five that libopus has, Hz. */
export type OpusRate = 8000 | 16000

/** Uses of an encoder (opus_defines.h): speech, or the least delay, which is CELT alone. */
export const VOIP = 2048
export const LOW_DELAY = 2051

/** Longest packet that is taken: the longest frame of RFC 6716 section 3.2.1, and what a datagram of ours holds. */
export const PACKET_MAX = 1500
/** Samples of the longest packet, 120 ms at 16 kHz. */
export const SAMPLES_MAX = 1920
/** Where the stack may have been used by a call: a quarter of it is (test/rtp/opus-engine.test.ts). */
const STACK_OCTETS = 256 * 1024
const RESET_STATE = 4028
const OUT_OF_MEMORY = 'libopus is out of memory'

/** The package has it with and without vector instructions. */
const FILES = ['@evan/opus/wasm/simd.wasm', '@evan/opus/wasm/opus.wasm']

export class OpusEngine {
  readonly #lib: Library
  readonly #packetAt: number
  readonly #pcmAt: number
  /** Views of the memory; new ones after it has grown. */
  #octets: Uint8Array
  #samples: Int16Array
  #states = 0

  constructor() {
    this.#lib = instantiate(() => this.#look())
    this.#lib._initialize()
    this.#octets = new Uint8Array(this.#lib.memory.buffer)
    this.#samples = new Int16Array(this.#lib.memory.buffer)
    this.#packetAt = this.#take(PACKET_MAX)
    this.#pcmAt = this.#take(SAMPLES_MAX * 2)
  }

  /** Coder states that have not been given back. */
  get states(): number {
    return this.#states
  }

  /** The whole memory, for whoever has to look what is left in it. */
  get memory(): Uint8Array {
    return this.#octets
  }

  /** @returns a decoder's state for `decode`; to be given back. Mono: two channels are mixed into one. */
  openDecoder(rate: OpusRate): number {
    const state = this.#take(this.#lib.opus_decoder_get_size(1))
    if (this.#lib.opus_decoder_init(state, rate, 1) < 0) throw new Error('libopus made no decoder')
    this.#states++
    return state
  }

  /** @returns an encoder's state, mono. @param settings numbers of opus_defines.h and their values. */
  openEncoder(rate: OpusRate, application: number, settings: ReadonlyMap<number, number>): number {
    const state = this.#take(this.#lib.opus_encoder_get_size(1))
    if (this.#lib.opus_encoder_init(state, rate, 1, application) < 0) throw new Error('libopus made no encoder')
    for (const [request, value] of settings) {
      if (this.#lib.opus_encoder_ctl_set(state, request, value) < 0) throw new Error(`libopus refused ${request}`)
    }
    this.#states++
    return state
  }

  /** Gives a state back, overwritten. */
  closeDecoder(state: number): void {
    this.#giveBack(state, this.#lib.opus_decoder_get_size(1))
  }

  closeEncoder(state: number): void {
    this.#giveBack(state, this.#lib.opus_encoder_get_size(1))
  }

  resetDecoder(state: number): void {
    this.#lib.opus_decoder_ctl_set(state, RESET_STATE, 0)
  }

  resetEncoder(state: number): void {
    this.#lib.opus_encoder_ctl_set(state, RESET_STATE, 0)
  }

  /**
   * Decodes `payload[start..end)` to the front of `out`.
   * @param lost 0, or how many samples were lost right before this packet: those are made up instead, out of the redundancy in it where
   * there is some (RFC 6716 section 2.1.7). With an empty payload all of them are.
   * @returns samples written; 0 when it is no Opus packet, or `out` has no room for it.
   */
  decode(state: number, payload: Uint8Array, start: number, end: number, out: Int16Array, lost: number): number {
    const size = end - start
    const room = lost > 0 ? lost : Math.min(SAMPLES_MAX, out.length)
    if (size > PACKET_MAX || lost > SAMPLES_MAX || room > out.length || (size <= 0 && lost === 0)) return 0
    for (let i = 0; i < size; i++) this.#octets[this.#packetAt + i] = payload[start + i] as number
    const data = size > 0 ? this.#packetAt : 0
    const fec = lost > 0 && size > 0 ? 1 : 0
    const made = this.#tryDecode(state, data, Math.max(0, size), room, fec)
    const from = this.#pcmAt >> 1
    for (let i = 0; i < made; i++) out[i] = this.#samples[from + i] as number
    this.#forget(size, Math.max(0, made))
    return Math.max(0, made)
  }

  /** A packet that makes libopus stop, which none should, is no packet; the stack is as before. */
  #tryDecode(state: number, data: number, size: number, room: number, fec: number): number {
    const top = this.#lib.stackSave()
    try {
      return this.#lib.opus_decode(state, data, size, this.#pcmAt, room, fec)
    } catch {
      this.#lib.stackRestore(top)
      return 0
    }
  }

  /**
   * Codes `pcm[from..from+count)`, one frame, to `out[at..]`, in `max` octets at most.
   * @returns octets written.
   */
  encode(
    state: number,
    pcm: Int16Array,
    from: number,
    count: number,
    out: Uint8Array,
    at: number,
    max: number,
  ): number {
    const to = this.#pcmAt >> 1
    for (let i = 0; i < count; i++) this.#samples[to + i] = pcm[from + i] as number
    const made = this.#lib.opus_encode(state, this.#pcmAt, count, this.#packetAt, Math.min(max, PACKET_MAX))
    if (made < 0) throw new Error(`libopus could not encode ${count} samples`)
    for (let i = 0; i < made; i++) out[at + i] = this.#octets[this.#packetAt + i] as number
    this.#forget(made, count)
    return made
  }

  /** Overwrites what is left on the stack of the calls so far. */
  wipe(): void {
    const top = this.#lib.stackSave()
    this.#octets.fill(0, Math.max(0, top - STACK_OCTETS), top)
  }

  #forget(octets: number, samples: number): void {
    this.#octets.fill(0, this.#packetAt, this.#packetAt + Math.max(0, octets))
    this.#samples.fill(0, this.#pcmAt >> 1, (this.#pcmAt >> 1) + samples)
  }

  #take(size: number): number {
    const at = this.#lib.malloc(size)
    if (at === 0) throw new Error(OUT_OF_MEMORY)
    this.#octets.fill(0, at, at + size)
    return at
  }

  #giveBack(state: number, size: number): void {
    this.#octets.fill(0, state, state + size)
    this.#lib.free(state)
    this.#states--
    this.wipe()
  }

  #look(): void {
    this.#octets = new Uint8Array(this.#lib.memory.buffer)
    this.#samples = new Int16Array(this.#lib.memory.buffer)
  }
}

let engine: OpusEngine | undefined

/** @returns the engine of this process. */
export function opusEngine(): OpusEngine {
  engine ??= new OpusEngine()
  return engine
}

/** Reads the library as an import would: it is a part of the program, in a form that cannot be imported. */
function instantiate(onGrowth: () => void): Library {
  const { Module, Instance, validate } = (globalThis as unknown as { readonly WebAssembly: Modules }).WebAssembly
  for (const file of FILES) {
    const octets = readFileSync(new URL(import.meta.resolve(file)))
    if (!validate(octets)) continue
    const nothing = (): number => 0
    // What is compiled in, and never called but on a defect: libopus writes nothing. No WASI is granted.
    const wasi = { proc_exit: nothing, fd_close: nothing, fd_write: nothing, fd_seek: nothing }
    const imports = { wasi_snapshot_preview1: wasi, env: { emscripten_notify_memory_growth: onGrowth } }
    return new Instance(new Module(octets), imports).exports as Library
  }
  throw new Error('this machine runs no WebAssembly')
}
