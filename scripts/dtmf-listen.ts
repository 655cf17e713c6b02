/**
 * Runs the in-band DTMF receiver over a WAV file (mono, linear 16-bit, 8, 16 or 48 kHz), 20 ms at a time, and prints one
 * JSON object a digit: `{"digit":"5","startMs":120,"endMs":170,"reportMs":150}`. For measuring on test sound only: this
 * is the one place where heard digits become text. Usage: node scripts/dtmf-listen.ts FILE.wav
 */

import { readFileSync } from 'node:fs'
import { DtmfReceiver } from '../src/rtp/dtmf-receiver.ts'

const KEYS = '0123456789*#ABCD'

const file = process.argv[2]
if (file === undefined) {
  process.stderr.write('usage: dtmf-listen FILE.wav\n')
  process.exitCode = 2
} else listen(readFileSync(file))

function listen(wav: Buffer): void {
  const found = soundOf(wav)
  if (found === undefined) {
    process.stderr.write('not a mono 16-bit WAV file of 8, 16 or 48 kHz\n')
    process.exitCode = 1
    return
  }
  const { rate, samples } = found
  const frame = rate / 50
  const receiver = new DtmfReceiver(rate)
  const ms = (sample: number) => Math.round((sample * 10_000) / rate) / 10
  const presses: { digit: string; startMs: number; endMs: number; reportMs: number }[] = []
  const begun = process.cpuUsage()
  for (let at = 0; at < samples.length; at += frame) {
    const end = Math.min(samples.length, at + frame)
    const known = receiver.accept(samples, at, end)
    for (let i = 0; i < known; i++) {
      const digit = KEYS.charAt(receiver.digitAt(i))
      presses.push({ digit, startMs: ms(receiver.startSampleAt(i)), endMs: ms(end), reportMs: ms(end) })
    }
    const last = presses.at(-1)
    if (last !== undefined && receiver.endSample >= 0) last.endMs = ms(receiver.endSample)
  }
  const spent = process.cpuUsage(begun)
  for (const press of presses) process.stdout.write(`${JSON.stringify(press)}\n`)
  const cpuUsPerFrame = Math.round((10 * (spent.user + spent.system)) / (samples.length / frame)) / 10
  process.stderr.write(`${JSON.stringify({ cpuUsPerFrame })}\n`)
}

function soundOf(wav: Buffer): { rate: 8000 | 16000 | 48000; samples: Int16Array } | undefined {
  let at = 12
  let rate = 0
  while (at + 8 <= wav.length) {
    const length = wav.readUInt32LE(at + 4)
    const chunk = wav.subarray(at + 8, at + 8 + length)
    const id = wav.toString('latin1', at, at + 4)
    if (id === 'fmt ' && chunk.readUInt16LE(0) === 1 && chunk.readUInt16LE(2) === 1 && chunk.readUInt16LE(14) === 16) {
      rate = chunk.readUInt32LE(4)
    }
    if (id === 'data' && (rate === 8000 || rate === 16000 || rate === 48000)) {
      const samples = new Int16Array(chunk.length >> 1)
      for (let i = 0; i < samples.length; i++) samples[i] = chunk.readInt16LE(2 * i)
      return { rate, samples }
    }
    at += 8 + length + (length & 1)
  }
  return undefined
}
