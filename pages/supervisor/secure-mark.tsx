/** That a call used Secure Input, and how often: an icon with a count, and a sentence for who does not see it (PC-23, PC-24). */

import { supervisor } from './supervisor-words.ts'

export function SecureMark({ times, runs }: { readonly times: number; readonly runs: boolean }) {
  const words = supervisor.value
  if (times === 0) return <span class="hidden-text">{words.notUsed}</span>
  return (
    <span class={`badge secure-mark ${runs ? 'secure' : ''}`}>
      <svg aria-hidden="true" viewBox="0 0 16 16" width="16" height="16">
        <path d="M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7h1zm2 0h4V5a2 2 0 0 0-4 0v2zm1 3v3h2v-3H7z" fill="currentColor" />
      </svg>
      <span aria-hidden="true">{times}</span>
      <span class="hidden-text">{words.used(times)}</span>
    </span>
  )
}

export function OutcomeBadge({ result }: { readonly result: 'accepted' | 'declined' | 'failed' }) {
  const kind = { accepted: 'good', declined: 'warn', failed: 'bad' }[result]
  return <span class={`badge ${kind}`}>{supervisor.value[result]}</span>
}
