/**
 * What the in-band DTMF receiver costs: microseconds of CPU for 20 ms of sound, as a part of those 20 ms, and how much the
 * heap grows while it listens. Usage: node --expose-gc bench/dtmf.ts
 */

import { DtmfReceiver } from '../src/rtp/dtmf-receiver.ts'
import { writeKey } from '../src/rtp/tone.ts'

const SECONDS = 60
const ROUNDS = 5

for (const rate of [8000, 16000, 48000] as const) {
  const sounds: [string, Int16Array][] = [
    ['keys', keys(rate)],
    ['noise', noise(rate, 8000)],
    ['quiet', noise(rate, 10)],
  ]
  for (const [name, pcm] of sounds) report(rate, name, pcm)
}

function report(rate: 8000 | 16000 | 48000, name: string, pcm: Int16Array): void {
  const receiver = new DtmfReceiver(rate)
  const frame = rate / 50
  const listen = (): number => {
    let digits = 0
    for (let at = 0; at + frame <= pcm.length; at += frame) digits += receiver.accept(pcm, at, at + frame)
    return digits
  }
  let digits = listen()
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const begun = process.cpuUsage()
  for (let i = 0; i < ROUNDS; i++) digits = listen()
  const spent = process.cpuUsage(begun)
  const grown = process.memoryUsage().heapUsed - heap
  const us = (spent.user + spent.system) / ((ROUNDS * pcm.length) / frame)
  const line = {
    rate,
    sound: name,
    usPer20Ms: Number(us.toFixed(2)),
    partOf20Ms: Number((us / 20_000).toFixed(6)),
    heapGrowthBytesPerSecond: Math.round(grown / (ROUNDS * SECONDS)),
    digits,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function keys(rate: number): Int16Array {
  const pcm = noise(rate, 20)
  for (let i = 0; i < SECONDS * 8; i++) writeKey(pcm, Math.round((i * rate) / 8), i % 16, 60, -10, rate)
  return pcm
}

function noise(rate: number, peak: number): Int16Array {
  let state = 1
  return Int16Array.from({ length: SECONDS * rate }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state / 2147483648) * peak
  })
}
