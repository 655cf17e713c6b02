/** Bars over time, drawn by uPlot onto a canvas, in the colours of the page; beside them what they mean, and the same as a table for who does not see them. */

import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { language } from '../shared/language.ts'
import { scheme } from '../shared/scheme.ts'
import { ScrolledTable } from '../shared/scrolled-table.tsx'
import { stacked } from './chart-data.ts'
import { supervisor } from './supervisor-words.ts'
import { dayText, hourText } from './time-text.ts'

export type Colour = 'accent' | 'quiet' | 'good' | 'warn' | 'bad' | 'secure'

type ChartProps = {
  readonly title: string
  readonly fromMs: readonly number[]
  /** From below. */
  readonly series: readonly { readonly name: string; readonly colour: Colour; readonly values: readonly number[] }[]
  readonly isHours: boolean
}

const HEIGHT_PX = 220

export function Chart({ title, fromMs, series, isHours }: ChartProps) {
  const words = supervisor.value
  const at = useRef<HTMLDivElement>(null)
  const [spoken, chosen] = [language.value, scheme.value]
  const textOf = (ms: number) => (isHours ? hourText(ms, spoken) : dayText(ms, spoken))
  useEffect(() => {
    const place = at.current
    if (place === null) return
    let plot: uPlot | undefined
    const draw = () => {
      plot?.destroy()
      plot = plotIn(place, { fromMs, series, textOf })
    }
    draw()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    const size = new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT_PX }))
    size.observe(place)
    return () => {
      dark.removeEventListener('change', draw)
      size.disconnect()
      plot?.destroy()
    }
  }, [fromMs.join(), series.map(({ name, values }) => [name, ...values]).join(), spoken, chosen])
  return (
    <section class="card stack" aria-label={title}>
      <h2>{title}</h2>
      <ul class="legend">
        {series.map(({ name, colour, values }) => (
          <li key={name}>
            <span class={`swatch ${colour}`} /> {name}:{' '}
            {Math.round(values.reduce((sum, value) => sum + value, 0) * 10) / 10}
          </li>
        ))}
      </ul>
      <div class="plot" ref={at} aria-hidden="true" />
      <details>
        <summary>{words.asTable}</summary>
        <ScrolledTable caption={title} heads={[words.begins, ...series.map(({ name }) => name)]}>
          {fromMs.map((ms, row) => (
            <tr key={ms}>
              <th scope="row">{textOf(ms)}</th>
              {series.map(({ name, values }) => (
                <td key={name} class="number">
                  {values[row]}
                </td>
              ))}
            </tr>
          ))}
        </ScrolledTable>
      </details>
    </section>
  )
}

type Drawn = Pick<ChartProps, 'fromMs' | 'series'> & { readonly textOf: (ms: number) => string }

function plotIn(place: HTMLElement, { fromMs, series, textOf }: Drawn): uPlot {
  const style = getComputedStyle(place)
  /** A colour of the page as it is just now, through an element, since a canvas does not know variables. */
  const colourOf = (name: string) => {
    const probe = document.createElement('span')
    probe.className = `swatch ${name}`
    place.append(probe)
    const colour = getComputedStyle(probe).backgroundColor
    probe.remove()
    return colour
  }
  const sums = stacked(series.map(({ values }) => values))
  const lines = series.map(({ name, colour }, at) => ({
    label: name,
    colour: colourOf(colour),
    values: sums[at] ?? [],
  }))
  const axis = {
    stroke: style.color,
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colourOf('edge'), width: 1 },
    ticks: { show: false },
  }
  const bars = uPlot.paths.bars?.({ size: [0.8, 40] })
  const step = (fromMs[1] ?? 1) - (fromMs[0] ?? 0)
  const first = (fromMs[0] ?? 0) - step / 2
  const last = (fromMs.at(-1) ?? 0) + step / 2
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT_PX,
      ms: 1,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, range: [first, last] },
        y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
      },
      axes: [
        { ...axis, grid: { show: false }, values: (_plot, splits) => splits.map(textOf), space: 60 },
        { ...axis, size: 45, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] },
      ],
      series: [
        {},
        ...lines.toReversed().map(({ label, colour }) => ({
          label,
          fill: colour,
          width: 0,
          points: { show: false },
          ...(bars === undefined ? {} : { paths: bars }),
        })),
      ],
    },
    [[...fromMs], ...lines.toReversed().map(({ values }) => [...values])],
    place,
  )
}
