/** The state diagram of a flow, drawn; and the same as a list, to be read. */

import { useId } from 'preact/hooks'
import { Scrolled } from '../../../shared/scrolled.tsx'
import { type FlowGraph, sentenceOf } from './flow-graph.ts'
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from './flow-layout.ts'

const TITLE_CHARS = 26
const DETAIL_CHARS = 34

type DiagramProps = {
  readonly graph: FlowGraph
  /** Where a dry run stands. */
  readonly current?: string | undefined
}

export function Diagram({ graph, current }: DiagramProps) {
  const id = useId()
  const { nodes, ways, width, height } = layoutOf(graph)
  return (
    <div class="stack">
      <Scrolled label="State diagram">
        <svg
          class="diagram"
          role="img"
          aria-label={`The flow as ${nodes.length} states; the list of states says the same.`}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
        >
          <defs>
            <marker
              id={`${id}-arrow`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              orient="auto"
            >
              <path d="M 0 0 L 8 4 L 0 8 z" />
            </marker>
          </defs>
          {ways.map(({ from, to, label, path, labelX, labelY, anchor }) => (
            <g key={`${from} ${to}`} class={`way ${toneOf(label)}`}>
              <path d={path} marker-end={`url(#${id}-arrow)`} />
              {label !== '' && (
                <text x={labelX} y={labelY} text-anchor={anchor}>
                  {label}
                </text>
              )}
            </g>
          ))}
          {nodes.map((node, row) => (
            <g key={node.id} class={`state ${node.kind}${node.id === current ? ' current' : ''}`}>
              <rect x={node.x} y={node.y} width={NODE_WIDTH} height={NODE_HEIGHT} rx={node.kind === 'end' ? 28 : 8} />
              <text class="title" x={node.x + 14} y={node.y + 24}>
                {row + 1} {cut(node.title, TITLE_CHARS)}
              </text>
              <text class="detail" x={node.x + 14} y={node.y + 43}>
                {cut(node.kind === 'end' ? 'told, and back to the agent' : node.detail, DETAIL_CHARS)}
              </text>
            </g>
          ))}
        </svg>
      </Scrolled>
      <details>
        <summary>States as a list</summary>
        <ol class="states">
          {graph.nodes.map((node) => (
            <li key={node.id} aria-current={node.id === current ? 'step' : undefined}>
              {sentenceOf(node, graph)}
            </li>
          ))}
        </ol>
      </details>
    </div>
  )
}

function toneOf(label: string): string {
  if (label.startsWith('accepted') && !label.includes('failed')) return 'good'
  return label.startsWith('failed') ? 'bad' : ''
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
