/** What is told to whoever listens just then. */

export type News<E> = {
  tell(event: E): void
  /** @returns the function that ends the subscription. */
  subscribe(listener: (event: E) => void): () => void
}

export function createNews<E>(): News<E> {
  const listeners = new Set<(event: E) => void>()
  return {
    tell(event) {
      for (const listener of [...listeners]) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
