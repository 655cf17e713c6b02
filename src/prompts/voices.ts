/** Which voice says the words of a language. */

import { findVoice, type Voice } from './synthesiser.ts'

/** The one of the prompts that come with Sotto. */
const ENGLISH = 'festival/cmu_us_slt_arctic_hts'
/** As espeak-ng calls them, where that is not the language tag. */
const CALLED: Readonly<Record<string, string>> = { fr: 'fr-fr' }

/** @returns the voice that a new language begins with, as `synthesiser/voice`. */
export function voiceFor(language: string): string {
  return isEnglish(language) ? ENGLISH : `espeak-ng/${CALLED[language] ?? language}`
}

/** @param wanted of the manifest. @returns a voice that speaks the language here; undefined where there is none: an English one is no help with German. */
export async function speakerOf(language: string, wanted = voiceFor(language)): Promise<Voice | undefined> {
  const voice = await findVoice(wanted)
  return voice?.name === wanted || isEnglish(language) ? voice : undefined
}

function isEnglish(language: string): boolean {
  return language === 'en' || language.startsWith('en-')
}
