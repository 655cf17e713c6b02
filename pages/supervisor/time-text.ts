/** Times as people read them. Pure. */

/** @returns such as `0:07`, `12:40` or `1:02:03`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (count: number) => String(count).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export function momentText(wallMs: number, language: string): string {
  return new Date(wallMs).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' })
}

export function dayText(wallMs: number, language: string): string {
  return new Date(wallMs).toLocaleDateString(language, { day: 'numeric', month: 'short' })
}

export function hourText(wallMs: number, language: string): string {
  return new Date(wallMs).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })
}
