/**
 * Every captured caller on networks that are worse than the one he was captured on: a key of which any packet comes is told once, and nothing
 * is told that was not keyed. `ROUNDS` sets how many networks of each kind are tried, `SEED` explores others.
 */

import t from 'tap'
import { type Impairment, impair } from '../../src/replay/impairment.ts'
import { SEED } from '../rtp/seeded.ts'
import { digitCaptures, isPart, keysIn, told } from './digit-captures.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const CAPTURES = digitCaptures()
/** Hole in the carrier capture of the collection. */
const GAP_MS = 260
const STEP_MS = 20

function network(loss: number, seed: number): Impairment {
  return { seed, loss, bursts: 0.01, burstLength: 3, duplicates: 0.05, reordering: 0.05, jitterMs: 60 }
}

/** A last key may come when nobody counts any more: the code before it was whole. */
function counted(keys: string): string {
  return keys.replace(/#$/, '')
}

for (const { name, caller, keys, by } of CAPTURES) {
  t.test(`${name}: as it was captured`, async (t) => {
    const came = told(caller)
    t.equal(counted(came.keys), counted(keys))
    t.equal(came.accepted, counted(keys) !== keys)
    if (by === 'events') t.equal(keysIn(caller, caller.packets), keys)
  })

  for (const loss of [0.05, 0.1, 0.2]) {
    t.test(`${name}: ${loss * 100} % loss, bursts of three, copies, disorder, 60 ms jitter`, async (t) => {
      let whole = 0
      let accepted = 0
      for (let i = 0; i < ROUNDS; i++) {
        const seed = SEED + i
        const impairment = network(loss, seed)
        const came = told(caller, impairment)
        const isWhole = counted(came.keys) === counted(keys)
        if (came.accepted) t.ok(isWhole, `seed ${seed}: what is accepted is what was keyed`)
        if (by !== 'tones') t.ok(isPart(came.keys, keys), `seed ${seed}: nothing that was not keyed, nothing twice`)
        if (by === 'events' && loss <= 0.1) {
          const least = counted(keysIn(caller, impair(caller.packets, impairment)))
          t.ok(isPart(least, came.keys), `seed ${seed}: every key of which a packet came`)
        }
        whole += isWhole ? 1 : 0
        accepted += came.accepted ? 1 : 0
      }
      t.comment(`${whole} of ${ROUNDS} whole, ${accepted} accepted`)
    })
  }

  if (by === 'tones' && !name.endsWith('G722')) {
    t.test(`${name}: loss and disorder without jitter`, async (t) => {
      for (let i = 0; i < ROUNDS; i++) {
        const seed = SEED + i
        const came = told(caller, { ...network(0.1, seed), jitterMs: 0 })
        t.ok(isPart(came.keys, keys), `seed ${seed}: nothing that was not keyed, nothing twice`)
      }
    })
  }

  if (by !== 'events') continue
  t.test(`${name}: a hole of ${GAP_MS} ms at every place of every key`, async (t) => {
    const type = caller.ticket.stream.receiveEventPayloadType
    const times = caller.packets.filter(({ bytes }) => ((bytes[1] as number) & 0x7f) === type).map(({ atMs }) => atMs)
    const places = new Set(
      times.flatMap((atMs) => [0, GAP_MS / 2, GAP_MS].map((back) => Math.round((atMs - back) / STEP_MS))),
    )
    for (const place of places) {
      const fromMs = place * STEP_MS
      const packets = caller.packets.filter(({ atMs }) => atMs < fromMs || atMs >= fromMs + GAP_MS)
      const { keys: heard } = told({ ...caller, packets })
      const fine = isPart(heard, keys) && isPart(counted(keysIn(caller, packets)), heard)
      if (!fine) t.fail(`hole at ${fromMs} ms`)
    }
    t.pass(`${places.size} holes`)
  })
}
