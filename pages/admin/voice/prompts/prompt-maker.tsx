/** Ways to another sound for a prompt: recorded here, uploaded, or said by the synthesiser of the server. Each is heard and looked at before it is published. */

import { useRef, useState } from 'preact/hooks'
import { type Api, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { Field, ProblemNotice } from '../../../shared/pieces.tsx'
import { TextProblems, textProblemsOf } from '../text-problems.tsx'
import { pathOfPrompt } from './prompt-terms.ts'
import { type Recorder, record, wavOf } from './sound.ts'
import { SoundPicture } from './sound-picture.tsx'

export type Candidate = { readonly words: string; readonly wav: Blob; readonly isSynthesised: boolean }
type MakerProps = {
  readonly api: Api
  readonly language: string
  readonly name: string
  readonly words: string
  /** @returns why it was refused, if it was. */
  readonly onPublish: (candidate: Candidate) => Promise<ProblemBody | undefined>
}

/** What the server takes. */
const MOST_OCTETS = 8_000_000

export function PromptMaker({ api, language, name, words: before, onPublish }: MakerProps) {
  const [words, setWords] = useState(before)
  const [candidate, setCandidate] = useState<Omit<Candidate, 'words'> & { readonly said?: string }>()
  const [problem, setProblem] = useState<ProblemBody>()
  const [busy, setBusy] = useState('')
  const recorder = useRef<Recorder>(undefined)
  const [isRecording, setRecording] = useState(false)

  const offer = (wav: Blob | undefined, advice: string) => {
    if (wav === undefined) setProblem(refusal('This is no sound that the browser can read', advice))
    else if (wav.size > MOST_OCTETS)
      setProblem(refusal('The recording is larger than 8 MB', 'A prompt is at most 20 seconds long: cut it shorter.'))
    else setCandidate({ wav, isSynthesised: false })
  }
  const stop = async () => {
    const made = await recorder.current?.stop()
    recorder.current = undefined
    setRecording(false)
    offer(made, 'Try again, and speak for a second at least.')
  }
  const begin = async () => {
    setProblem(undefined)
    setCandidate(undefined)
    const started = await record(() => void stop())
    if ('refused' in started) return setProblem(refusal('Nothing was recorded', started.refused))
    recorder.current = started
    setRecording(true)
  }
  const upload = async (file: File | undefined) => {
    if (file === undefined) return
    setProblem(undefined)
    setCandidate(undefined)
    offer(
      await wavOf(file),
      'Choose a recording: WAV with 16-bit PCM is best; other sound files are turned into one here.',
    )
  }
  const say = async () => {
    setProblem(undefined)
    setCandidate(undefined)
    setBusy('The synthesiser speaks …')
    try {
      const path = `${pathOfPrompt(language, name)}/preview`
      const sound = await api.fetch('POST', path, { body: { text: words } })
      setCandidate({ wav: await sound.blob(), isSynthesised: true, said: words })
    } catch (error) {
      setProblem(problemOf(error))
    }
    setBusy('')
  }
  const publish = async () => {
    if (candidate === undefined) return
    setBusy('Publishing …')
    const refused = await onPublish({ ...candidate, words: candidate.said ?? words })
    setProblem(refused)
    if (refused === undefined) setCandidate(undefined)
    setBusy('')
  }
  return (
    <div class="card stack">
      <h2>Another sound</h2>
      <Field label="What is said" hint="Whoever records it reads this; the synthesiser says it.">
        {(of) => (
          <textarea
            {...of}
            rows={3}
            maxLength={1000}
            lang={language}
            value={words}
            onInput={({ currentTarget }) => setWords(currentTarget.value)}
          />
        )}
      </Field>
      <div class="row ends">
        <button
          type="button"
          class={isRecording ? 'danger' : ''}
          disabled={busy !== ''}
          onClick={() => void (isRecording ? stop() : begin())}
        >
          {isRecording ? 'Stop recording' : 'Record'}
        </button>
        <Field label="Upload a recording">
          {(of) => (
            <input
              {...of}
              type="file"
              accept="audio/*"
              disabled={busy !== '' || isRecording}
              onChange={({ currentTarget }) => {
                void upload(currentTarget.files?.[0])
                currentTarget.value = ''
              }}
            />
          )}
        </Field>
        <button type="button" disabled={busy !== '' || isRecording || words.trim() === ''} onClick={() => void say()}>
          Have it said
        </button>
      </div>
      <p role="status">{isRecording ? 'Recording: speak now.' : busy}</p>
      <ProblemNotice problem={problem && { ...problem, problems: [] }} />
      <TextProblems problems={textProblemsOf(problem)} />
      {candidate && (
        <div class="stack candidate">
          <h3>{candidate.isSynthesised ? 'As the synthesiser says it' : 'As it was recorded'}</h3>
          <SoundPicture blob={candidate.wav} label="the new sound" />
          <div class="row">
            <button type="button" class="main" disabled={busy !== ''} onClick={() => void publish()}>
              Publish
            </button>
            <button type="button" onClick={() => setCandidate(undefined)}>
              Throw away
            </button>
          </div>
        </div>
      )}
    </div>
  )
}

function refusal(title: string, detail: string): ProblemBody {
  return { title, detail, status: 0, code: 'page.no-sound' }
}
