/** Which clips there are, by the files in the folder of each language. Whether they can be played is `sotto prompts check`'s to say. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isLocale } from '../base/prompts.ts'
import type { ClipsOfLanguage } from './clips.ts'

const ENDING = '.wav'

/** Looks anew each time it is asked. @param folder `secureInput.promptsFolder` */
export function clipsIn(folder: string): ClipsOfLanguage {
  return (language) => new Set(isLocale(language) ? namesIn(join(folder, language)) : [])
}

function namesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder)
    return names.flatMap((name) => (name.endsWith(ENDING) ? [name.slice(0, -ENDING.length)] : []))
  } catch {
    return []
  }
}
