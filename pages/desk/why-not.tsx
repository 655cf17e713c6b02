/** Why Secure Input cannot be started: the four gates, which of them is closed and what to do, and whatever else is in the way. */

import { desk as deskWords } from './desk-words.ts'
import type { Gates } from './gates.ts'
import { inWords, wordIn } from './naming.ts'

export function WhyNot({ gates: { gates, others } }: { readonly gates: Gates }) {
  const words = deskWords.value
  return (
    <section class="notice warn stack" aria-labelledby="why-not">
      <h3 id="why-not">
        {words.cannotStart}. {words.whyNot}
      </h3>
      <ul class="gates">
        {gates.map(({ gate, open, whyNot }) => (
          <li key={gate}>
            <span class={`badge ${open ? 'good' : 'bad'}`}>{open ? words.open : words.closed}</span>
            <span>
              {whyNot === undefined ? wordIn(words.gates, gate) : <Reason problem={inWords(words, whyNot)} />}
            </span>
          </li>
        ))}
        {others.map((other) => (
          <li key={other.code}>
            <span class="badge bad">{words.closed}</span>
            <span>
              <Reason problem={inWords(words, other)} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Reason({ problem }: { readonly problem: { readonly title: string; readonly detail: string } }) {
  return (
    <span class="reason">
      <strong>{problem.title}.</strong> {problem.detail}
    </span>
  )
}
