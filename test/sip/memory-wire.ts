/**
 * A network in memory for tests: every wire has an address, octets take a while, some are lost. Time is the stepped clock's, chance
 * is seeded, so that each run is the same run.
 */

import type { SipPeer } from '../../src/sip/session.ts'
import type { Receive, Wire } from '../../src/sip/transport.ts'
import { type SteppedClock, steppedClock } from '../peers/stepped-clock.ts'

export type MemoryNet = {
  readonly clock: SteppedClock
  /** A wire of an endpoint that listens on one UDP address, port 5060. */
  wire(address: string): Wire
  /** Puts octets of a stranger on the net. */
  inject(octets: Uint8Array, from: SipPeer, to: string): void
  /** Everything sent to an address that no wire has, or that was seen on its way: sender, receiver, text. */
  readonly log: { readonly from: string; readonly to: string; readonly text: string }[]
  /** @returns true to lose this one. */
  lose: (text: string, from: string, to: string) => boolean
  /** How long each copy of a message takes, ms: one number for each. */
  copies: () => readonly number[]
  /** Whether what was sent is kept in `log`; a long run has no use for it. */
  keepsLog: boolean
  /** Steps time in small steps and lets callbacks run in between. */
  run(ms: number, stepMs?: number): Promise<void>
  /** Random octets, the same in each run. */
  random(count: number): Uint8Array
}

export function memoryNet(seed = 1, delayMs = 5): MemoryNet {
  const clock = steppedClock()
  const receivers = new Map<string, Receive>()
  const chance = seeded(seed)
  const net: MemoryNet = {
    clock,
    log: [],
    lose: () => false,
    copies: () => [delayMs],
    keepsLog: true,
    random: (count) => Uint8Array.from({ length: count }, () => Math.floor(chance() * 256)),
    wire: (address) => ({
      open: async (receive) => {
        receivers.set(address, receive)
      },
      send: (octets, flow) => {
        const text = Buffer.from(octets).toString('latin1')
        if (net.keepsLog) net.log.push({ from: address, to: flow.address, text })
        if (net.lose(text, address, flow.address)) return
        for (const ms of net.copies()) {
          const copy = Buffer.from(octets)
          clock.after(ms, () => {
            const source = { transport: 'udp', address, port: 5060, listener: 0, connection: 0 } as const
            receivers.get(flow.address)?.(copy, source, 'datagram')
          })
        }
      },
      listening: [{ transport: 'udp', address, port: 5060 }],
      stands: () => true,
      doubt: () => {},
      keep: () => {},
      stray: () => {},
      close: async () => {
        receivers.delete(address)
      },
    }),
    inject: (octets, from, to) => {
      receivers.get(to)?.(Buffer.from(octets), { ...from, listener: 0, connection: 0 }, 'datagram')
    },
    run: async (ms, stepMs = 50) => {
      for (let done = 0; done < ms; done += stepMs) {
        clock.step(stepMs)
        await settled()
      }
    },
  }
  return net
}

/** Lets every microtask that is due run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** @returns numbers from 0 up to 1, the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
