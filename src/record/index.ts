/** What the command line needs of sealed recordings: walking their files, opening them, and the sound in them. */

export { recipientsAt } from './file-recipients.ts'
export { placesOf, segmentsOf, wholeLength } from './file-segments.ts'
export { readPrivateKey } from './open.ts'
export { type OpeningKey, openAll } from './opened.ts'
export { giveSound, samplesOf } from './sound.ts'
export { type Survey, surveyOf } from './survey.ts'
export { alongTimeline, type Flaw } from './timeline.ts'
export { ToneWatch, type WatchedStretch } from './tone-watch.ts'
