/** Sound in the page: read from a file or a recording, and a microphone's taken up. */

import { isRiff, writeWav } from './wav.ts'

export type Sound = { readonly samples: Float32Array; readonly sampleRate: number }

/** As browsers record; the server makes of it what telephones need. */
const DECODED_RATE = 48_000
/** Nobody says so long a prompt. */
const LONGEST_MS = 30_000

/** @returns its samples, mixed to one channel, or `undefined` when this browser cannot read it. */
export async function soundIn(octets: ArrayBuffer): Promise<Sound | undefined> {
  try {
    // The octets are given away by decoding.
    const audio = await new OfflineAudioContext(1, 1, DECODED_RATE).decodeAudioData(octets.slice(0))
    const mixed = new Float32Array(audio.length)
    for (let channel = 0; channel < audio.numberOfChannels; channel++) {
      for (const [at, sample] of audio.getChannelData(channel).entries())
        mixed[at] = (mixed[at] ?? 0) + sample / audio.numberOfChannels
    }
    return { samples: mixed, sampleRate: audio.sampleRate }
  } catch {
    return undefined
  }
}

/** @returns what to send of a file: itself when it is a WAV, or its sound written as one; `undefined` when it is no sound. */
export async function wavOf(file: Blob): Promise<Blob | undefined> {
  const octets = await file.arrayBuffer()
  if (isRiff(new Uint8Array(octets, 0, Math.min(4, octets.byteLength))))
    return new Blob([octets], { type: 'audio/wav' })
  const sound = await soundIn(octets)
  return sound && new Blob([writeWav(sound.samples, sound.sampleRate)], { type: 'audio/wav' })
}

export type Recorder = {
  /** @returns what was recorded, as a WAV. */
  stop(): Promise<Blob | undefined>
}

/** Begins to record. @param onEnd told when it has become too long. @returns why it cannot be, in words with what to do. */
export async function record(onEnd: () => void): Promise<Recorder | { readonly refused: string }> {
  const { mediaDevices } = navigator
  if (mediaDevices === undefined)
    return { refused: 'This browser gives no microphone to pages without HTTPS. Open the page over HTTPS.' }
  let stream: MediaStream
  try {
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false }
    stream = await mediaDevices.getUserMedia({ audio })
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === 'NotAllowedError'
    return {
      refused: isRefused
        ? 'The microphone was not allowed. Allow it for this page in the browser, and try again.'
        : 'There is no microphone that can be used. Connect one, close what else uses it, and try again.',
    }
  }
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 256_000 })
  const pieces: Blob[] = []
  recorder.addEventListener('dataavailable', ({ data }) => void pieces.push(data))
  const stopped = new Promise<void>((resolve) => recorder.addEventListener('stop', () => resolve(), { once: true }))
  recorder.start()
  const timer = setTimeout(onEnd, LONGEST_MS)
  return {
    async stop() {
      clearTimeout(timer)
      if (recorder.state !== 'inactive') recorder.stop()
      await stopped
      for (const track of stream.getTracks()) track.stop()
      return wavOf(new Blob(pieces))
    },
  }
}
