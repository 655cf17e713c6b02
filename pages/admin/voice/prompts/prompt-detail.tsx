/** One prompt: listened to, looked at, replaced, and taken back. */

import { useState } from 'preact/hooks'
import { type Api, Problem, type ProblemBody, problemOf } from '../../../shared/api.ts'
import { Dialog, ProblemNotice } from '../../../shared/pieces.tsx'
import { addressOf } from '../../../shared/place.ts'
import { useLoaded } from '../use-loaded.ts'
import { PromptHistory } from './prompt-history.tsx'
import { type Candidate, PromptMaker } from './prompt-maker.tsx'
import { ORIGINS, pathOfPrompt, type ShownPrompt } from './prompt-terms.ts'
import { SoundPicture } from './sound-picture.tsx'

type DetailProps = { readonly api: Api; readonly language: string; readonly name: string; readonly mayWrite: boolean }

export function PromptDetail({ api, language, name, mayWrite }: DetailProps) {
  const path = pathOfPrompt(language, name)
  const { value, problem, reload } = useLoaded(() => load(api, path), path)
  const [refused, setRefused] = useState<ProblemBody>()
  const [done, setDone] = useState('')
  const [isAsking, setAsking] = useState(false)
  const prompt = value?.prompt
  const expected = prompt === undefined ? { ifNoneMatch: '*' } : { ifMatch: prompt.etag }

  /** @returns why it was refused, if it was. */
  const carryOut = async (ask: () => Promise<unknown>, says: string): Promise<ProblemBody | undefined> => {
    setRefused(undefined)
    setDone('')
    const problem = await ask().then(() => undefined, problemOf)
    // Said with what has come of it, not before: who reads it may go on.
    await reload()
    if (problem === undefined) setDone(says)
    return problem
  }
  const publish = ({ words, wav, isSynthesised }: Candidate) =>
    carryOut(
      () =>
        isSynthesised
          ? api.ask('POST', `${path}/synthesis`, { body: { text: words }, ...expected })
          : api.fetch('PUT', `${path}/audio?text=${encodeURIComponent(words)}`, { raw: wav, ...expected }),
      'Published: the next session says it.',
    )
  const takeBack = () => {
    setAsking(false)
    const says = 'Taken back: the next session says what was there before.'
    void carryOut(() => api.ask('DELETE', path, expected), says).then(setRefused)
  }
  return (
    <section class="stack" aria-label={`Prompt ${name}`}>
      <p>
        <a href={addressOf('prompts', language)}>Prompts in {language}</a>
      </p>
      <h1>{name}</h1>
      <ProblemNotice problem={problem} />
      <ProblemNotice problem={refused} />
      <p role="status" class={done === '' ? '' : 'notice good'}>
        {done}
      </p>
      {value && prompt === undefined && (
        <p class="notice">There is no prompt of this name in {language} yet. Record it, upload it, or have it said.</p>
      )}
      {prompt && (
        <div class="card stack">
          <p class="words" lang={language}>
            {prompt.text ?? <span class="quiet">Nobody wrote its words down.</span>}
          </p>
          {value?.blob && <SoundPicture blob={value.blob} label={name} />}
          <Facts prompt={prompt} />
          {prompt.from === 'store' && mayWrite && (
            <div class="row">
              <button type="button" onClick={() => setAsking(true)}>
                Put back what was there before
              </button>
            </div>
          )}
        </div>
      )}
      {value && mayWrite && (
        <PromptMaker api={api} language={language} name={name} words={prompt?.text ?? ''} onPublish={publish} />
      )}
      {value && <PromptHistory key={prompt?.etag} api={api} path={path} />}
      {isAsking && (
        <Dialog title="Put back what was there before?" onClose={() => setAsking(false)}>
          <p>
            What was published here is removed; what came with Sotto, or lay in the folder, is said again. Without one
            of those the prompt is gone.
          </p>
          <div class="row">
            <button type="button" class="danger" onClick={takeBack}>
              Put it back
            </button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

function Facts({
  prompt: { from, source, seconds, speechDbm0, peakDbfs, sampleRate, flows, flaws },
}: {
  readonly prompt: ShownPrompt
}) {
  return (
    <>
      <p>
        <span class="badge">{ORIGINS[from]}</span> {source && <span class="badge">{source}</span>}{' '}
        <span class="quiet">
          {seconds.toFixed(1)} s, speech {speechDbm0.toFixed(1)} dBm0, peak {peakDbfs.toFixed(1)} dBFS,{' '}
          {sampleRate / 1000} kHz
        </span>
      </p>
      <p>
        {flows.length === 0 ? (
          <span class="quiet">No published flow says it.</span>
        ) : (
          <>
            Said by{' '}
            {flows.map((flow, at) => (
              <>
                {at > 0 && ', '}
                <a href={addressOf('flows', flow)}>{flow}</a>
              </>
            ))}
          </>
        )}
      </p>
      {flaws.length > 0 && (
        <ul class="notice warn names">
          {flaws.map((flaw) => (
            <li key={flaw}>It {flaw}.</li>
          ))}
        </ul>
      )}
    </>
  )
}

/** @returns the prompt with its sound; nothing of one that is not there yet. */
async function load(api: Api, path: string): Promise<{ readonly prompt?: ShownPrompt; readonly blob?: Blob }> {
  try {
    const prompt = await api.get<ShownPrompt>(path)
    const sound = await api.fetch('GET', `${path}/audio`, { accept: 'audio/wav' })
    return { prompt, blob: await sound.blob() }
  } catch (error) {
    if (error instanceof Problem && error.body.code === 'prompts.not-found') return {}
    throw error
  }
}
