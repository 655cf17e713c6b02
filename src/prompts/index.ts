/** The door of the `prompts` room: the clips of what callers hear, as people change them. */

export { clipFlaws } from './clip-flaws.ts'
export { createPrompts, type Prompt, type PromptPlace, type Prompts, type PromptsView } from './prompts.ts'
export { findVoice, installAdvice, type Voice } from './synthesiser.ts'
