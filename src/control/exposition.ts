/** The text that Prometheus reads (exposition format 0.0.4). Values of labels are words of our own and need no escaping. */

export type Labels = Readonly<Record<string, string>>

/** A metric with all its samples. */
export type Family = {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: readonly (readonly [labels: Labels, value: number])[]
}

/** Nobody needs more digits, and long tails of them look like card numbers to whoever searches for one. */
const PARTS = 1e6

/** @returns the lines before the samples of a metric. */
export function headLines(name: string, type: Family['type'] | 'histogram', help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

/** @returns a metric with its samples, line by line. */
export function familyLines({ name, type, help, samples }: Family): readonly string[] {
  return [
    ...headLines(name, type, help),
    ...samples.map(([labels, value]) => `${name}${writtenLabels(labels)} ${writtenValue(value)}`),
  ]
}

export function writtenLabels(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '{' : ','}${name}="${labels[name]}"`
  return text === '' ? '' : `${text}}`
}

export function writtenValue(value: number): string {
  return String(Math.round(value * PARTS) / PARTS)
}
