/** Signals that come before there is a server to take them: they wait for it. Without that HUP kills, and the first process of a container, which has no default actions, never hears of TERM. */

const HELD = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
type Held = (typeof HELD)[number]

export type HeldSignals = {
  /** What the signal does from now on; at once, as often as it has come already. */
  on(signal: Held, act: () => void): void
}

/** Takes the signals from now on. */
export function holdSignals(): HeldSignals {
  const acts = new Map<Held, () => void>()
  const waiting: Held[] = []
  for (const signal of HELD) process.on(signal, () => (acts.get(signal) ?? (() => void waiting.push(signal)))())
  return {
    on(signal, act) {
      acts.set(signal, act)
      for (const came of waiting) if (came === signal) act()
    },
  }
}
