/** What goes wrong when prompts are changed; rows of the table in `faults.ts`. */

import type { FaultRow } from './fault-row.ts'

export const promptFaults = {
  'prompts.not-found': {
    sip: 404,
    http: 404,
    blame: 'client',
    level: 'debug',
    title: 'There is no such prompt',
    advice: 'GET /api/v1/prompts lists every one, by language and name.',
  },
  'prompts.not-wav': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'info',
    title: 'This is no WAV of 16-bit PCM',
    advice: 'Export the recording as WAV, 16-bit PCM, mono or stereo, with 8000 to 192,000 samples a second.',
  },
  'prompts.not-fit': {
    sip: 400,
    http: 422,
    blame: 'client',
    level: 'info',
    title: 'The prompt cannot be taken',
    advice: 'Look at the problems: each says what is wrong and what to do. Nothing was changed.',
  },
  'prompts.too-large': {
    sip: 400,
    http: 413,
    blame: 'client',
    level: 'info',
    title: 'The recording is too large',
    advice: 'Send at most 8 MB; a prompt is at most 20 seconds long.',
  },
  'prompts.not-ours': {
    sip: 409,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'This prompt was not put there over the API',
    advice:
      'It came with Sotto, or lies in secureInput.promptsFolder by hand: replace it, or take the file away there.',
  },
  'prompts.in-use': {
    sip: 409,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'A published flow needs this prompt',
    advice: 'Retire the flow first, or replace the prompt instead of removing it.',
  },
  'prompts.no-voice': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'warn',
    title: 'No synthesiser speaks this language here',
    advice:
      'Install one ("festival festvox-us-slt-hts" for English, "espeak-ng" for most others) and name its voice in manifest.json of the language, or upload a recording.',
  },
  'prompts.not-writable': {
    sip: 500,
    http: 503,
    blame: 'server',
    level: 'error',
    title: 'The prompts cannot be written',
    advice:
      'Give the user of Sotto the right to write secureInput.promptsFolder, or free space; callers hear what they heard before.',
  },
} as const satisfies Record<string, FaultRow>
