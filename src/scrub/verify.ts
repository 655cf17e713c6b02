/**
 * Looks at a scrubbed capture as somebody would who wants the digits back: what a receiver hears has to be what was written, and what was
 * keyed or stood there before may be found nowhere, in no dress.
 */

import { searchFor } from '../leak/needle-search.ts'
import { searchCapture } from '../leak/search-capture.ts'
import { parseCapture } from '../rtp/pcapng.ts'
import { findStreams } from '../rtp/stream-finder.ts'
import { keysOf } from '../rtp/stream-keys.ts'
import { digitFor, type Replacement } from './replacement.ts'
import type { Scrubbed } from './scrub.ts'
import type { ExpectedKeys } from './stream-scrub.ts'
import { traceNeedles, wipeNeedles } from './trace-needles.ts'

/** @returns what is wrong with it, a sentence each; nothing when it may be stored. */
export function flawsOf(file: Uint8Array, { expected, trace }: Scrubbed, replacement: Replacement): readonly string[] {
  const capture = parseCapture(file)
  if (capture === undefined) return ['It is no capture any more.']
  const flaws: string[] = []
  for (const stream of findStreams(capture).streams) {
    const wanted = expected.find(
      ({ from, to, ssrc }) => from === stream.from && to === stream.to && ssrc === stream.ssrc,
    )
    const heard = keysOf(stream)
    const where = `${stream.from} -> ${stream.to}`
    if (stream.encrypted || wanted === undefined) continue
    flaws.push(
      ...differences(
        where,
        wanted,
        heard.map(({ code, by }) => ({ code, by })),
      ),
    )
  }
  const written = Uint8Array.from({ length: replacement.digits.length + 16 }, (_, n) => digitFor(replacement, n))
  const needles = traceNeedles(trace.rows, written)
  const search = searchCapture(capture, needles)
  for (const { form, from, to } of search.finds)
    flaws.push(`Digits of the capture are still there as ${form}, ${from} -> ${to}.`)
  const info = new Set(search.presses.flatMap(({ by, code }) => (by === 'info' && code <= 9 ? [code] : [])))
  if (Array.from(info).some((code) => code !== 0 && !replacement.digits.includes(code))) {
    flaws.push('A SIP INFO tells of a digit that was not written.')
  }
  if (needles.length > 0) {
    const forms = new Set<string>()
    searchFor(needles).run(file, file.length, forms)
    for (const form of forms) flaws.push(`Digits of the capture are still there as ${form}, beside the packets.`)
  }
  wipeNeedles(needles)
  return flaws
}

function differences(
  where: string,
  wanted: ExpectedKeys,
  heard: readonly { readonly code: number; readonly by: 'rfc4733' | 'in-band' }[],
): string[] {
  const events = heard.filter(({ by }) => by === 'rfc4733').map(({ code }) => code)
  const tones = heard.filter(({ by }) => by === 'in-band').map(({ code }) => code)
  const flaws: string[] = []
  if (!isSame(events, wanted.events)) {
    flaws.push(
      `The events of ${where} are not those that were written: ${events.length} instead of ${wanted.events.length}.`,
    )
  }
  if (!isSame(inOrder(tones), inOrder(wanted.tones))) {
    flaws.push(
      `The tones of ${where} are not those that were written: ${tones.length} instead of ${wanted.tones.length}.`,
    )
  }
  return flaws
}

/** The tracks of a stream may be heard in another order than they were written. */
function inOrder(codes: readonly number[]): readonly number[] {
  return codes.toSorted((a, b) => a - b)
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i])
}
