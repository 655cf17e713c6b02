/** Prompts: what callers hear. Their list by language, and one of them with ways to replace it. `#/prompts[/LANGUAGE[/NAME]]` */

import '../voice.css'
import type { SectionProps } from '../../section.ts'
import { PromptDetail } from './prompt-detail.tsx'
import { PromptList } from './prompt-list.tsx'

export function Prompts({ api, me, rest }: SectionProps) {
  const [language, name] = rest
  const mayWrite = me.scopes.includes('prompts:write')
  if (language === undefined || name === undefined)
    return <PromptList api={api} language={language} mayWrite={mayWrite} />
  return <PromptDetail key={`${language} ${name}`} api={api} language={language} name={name} mayWrite={mayWrite} />
}
