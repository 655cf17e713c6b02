/** Sound to be seen and heard: player, waveform, and the level of its speech against what telephones expect. */

import { useEffect, useState } from 'preact/hooks'
import { type Sound, soundIn } from './sound.ts'
import { pathOf, peaksOf, RANGE_DBM0, speechLevelOf, WANTED_DBM0 } from './waveform.ts'

const COLUMNS = 600
const HEIGHT = 96
const SCALE = { low: -50, high: 0 }

type PictureProps = { readonly blob: Blob; readonly label: string }

export function SoundPicture({ blob, label }: PictureProps) {
  const [address, setAddress] = useState<string>()
  const [sound, setSound] = useState<Sound>()
  useEffect(() => {
    const made = URL.createObjectURL(blob)
    setAddress(made)
    setSound(undefined)
    let isGone = false
    void blob.arrayBuffer().then(async (octets) => {
      const read = await soundIn(octets)
      if (!isGone) setSound(read)
    })
    return () => {
      isGone = true
      URL.revokeObjectURL(made)
    }
  }, [blob])
  const level = sound && speechLevelOf(sound.samples, sound.sampleRate)
  const seconds = sound && sound.samples.length / sound.sampleRate
  return (
    <div class="sound">
      {/* biome-ignore lint/a11y/useMediaCaption: its words stand beside it. */}
      <audio controls src={address} aria-label={`Listen to ${label}`} />
      {sound && seconds !== undefined && (
        <>
          <svg
            class="waveform"
            role="img"
            aria-label={`Waveform of ${seconds.toFixed(1)} seconds`}
            viewBox={`0 0 ${COLUMNS} ${HEIGHT}`}
            preserveAspectRatio="none"
          >
            <path class="silence" d={`M 0 ${HEIGHT / 2} H ${COLUMNS}`} />
            <path class="wave" d={pathOf(peaksOf(sound.samples, COLUMNS), HEIGHT)} />
          </svg>
          <Level level={level} />
        </>
      )}
    </div>
  )
}

function Level({ level }: { readonly level: number | undefined }) {
  if (level === undefined) return <p class="badge warn">Silence</p>
  const x = (dbm0: number) =>
    ((Math.min(SCALE.high, Math.max(SCALE.low, dbm0)) - SCALE.low) / (SCALE.high - SCALE.low)) * COLUMNS
  const isFit = level >= RANGE_DBM0.low && level <= RANGE_DBM0.high
  const says = `Speech at ${level.toFixed(1)} dBm0; wanted ${WANTED_DBM0}, taken from ${RANGE_DBM0.low} to ${RANGE_DBM0.high}`
  return (
    <div>
      <svg class="level" role="img" aria-label={says} viewBox={`0 0 ${COLUMNS} 24`} preserveAspectRatio="none">
        <rect class="ground" width={COLUMNS} height={24} />
        <rect class="range" x={x(RANGE_DBM0.low)} width={x(RANGE_DBM0.high) - x(RANGE_DBM0.low)} height={24} />
        <rect class={isFit ? 'fit' : 'unfit'} y={6} width={x(level)} height={12} />
        <rect class="wanted" x={x(WANTED_DBM0) - 1.5} width={3} height={24} />
      </svg>
      <p class="quiet">
        {says}. {!isFit && 'What is published is brought to the wanted level.'}
      </p>
    </div>
  )
}
