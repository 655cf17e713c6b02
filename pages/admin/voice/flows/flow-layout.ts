/**
 * Where everything of a state diagram stands: a layer for each state, in their order; a way to the next one goes straight down, one that passes states over goes along a lane at the left, and
 * one that leads back along a lane at the right. Lanes are shared by ways that do not meet. Pure.
 */

import type { FlowGraph, GraphEdge, GraphNode } from './flow-graph.ts'

export type Placed = GraphNode & { readonly x: number; readonly y: number }
export type Way = GraphEdge & {
  readonly path: string
  readonly labelX: number
  readonly labelY: number
  readonly anchor: 'start' | 'end'
}
export type Layout = {
  readonly width: number
  readonly height: number
  readonly nodes: readonly Placed[]
  readonly ways: readonly Way[]
}

export const NODE_WIDTH = 230
export const NODE_HEIGHT = 56
const GAP = 36
const MARGIN = 8
/** Room for the label of a way before its lane. */
const LABEL_WIDTH = 128
const LANE_WIDTH = 16
const CORNER = 8
const PORT_STEP = 16

type Span = { readonly edge: GraphEdge; readonly from: number; readonly to: number }

export function layoutOf({ nodes, edges }: FlowGraph): Layout {
  const rowOf = new Map(nodes.map(({ id }, row) => [id, row]))
  const spans = edges.map((edge): Span => ({ edge, from: rowOf.get(edge.from) ?? 0, to: rowOf.get(edge.to) ?? 0 }))
  const isSkip = ({ from, to }: Span) => to > from + 1
  const isBack = ({ from, to }: Span) => to <= from
  const [skips, backs] = [spans.filter(isSkip), spans.filter(isBack)]
  const [left, right] = [lanesOf(skips), lanesOf(backs)]
  const x = MARGIN + sideWidth(left)
  const rightEdge = x + NODE_WIDTH
  const topOf = (row: number) => MARGIN + row * (NODE_HEIGHT + GAP)
  const ways = spans.map((span): Way => {
    if (isSkip(span)) {
      const lane = x - LABEL_WIDTH - (left.get(span) ?? 0) * LANE_WIDTH
      return sideWay(span, x, lane, portsOf(span, skips), topOf, 'end')
    }
    if (isBack(span)) {
      const lane = rightEdge + LABEL_WIDTH + (right.get(span) ?? 0) * LANE_WIDTH
      return sideWay(span, rightEdge, lane, portsOf(span, backs), topOf, 'start')
    }
    const middle = x + NODE_WIDTH / 2
    const top = topOf(span.from) + NODE_HEIGHT
    return {
      ...span.edge,
      path: `M ${middle} ${top} V ${topOf(span.to)}`,
      ...{ labelX: middle + 8, labelY: top + GAP / 2 + 4, anchor: 'start' },
    }
  })
  return {
    width: rightEdge + sideWidth(right) + MARGIN,
    height: topOf(nodes.length) - GAP + MARGIN,
    nodes: nodes.map((node, row) => ({ ...node, x, y: topOf(row) })),
    ways,
  }
}

function sideWidth(lanes: ReadonlyMap<Span, number>): number {
  return lanes.size === 0 ? 0 : LABEL_WIDTH + Math.max(...lanes.values()) * LANE_WIDTH + CORNER
}

/** Shorter ways have the inner lanes; two that lie beside each other have lanes of their own. */
function lanesOf(spans: readonly Span[]): ReadonlyMap<Span, number> {
  const lanes = new Map<Span, number>()
  const lengthOf = ({ from, to }: Span) => Math.abs(to - from)
  const meet = (one: Span, other: Span) =>
    Math.min(one.from, one.to) <= Math.max(other.from, other.to) &&
    Math.min(other.from, other.to) <= Math.max(one.from, one.to)
  for (const span of spans.toSorted((one, other) => lengthOf(one) - lengthOf(other))) {
    const taken = new Set([...lanes].flatMap(([other, lane]) => (meet(span, other) ? [lane] : [])))
    let lane = 0
    while (taken.has(lane)) lane++
    lanes.set(span, lane)
  }
  return lanes
}

/** How far from the middle of its side a way leaves its state, and enters the other. */
function portsOf(span: Span, others: readonly Span[]): { readonly out: number; readonly in: number } {
  const leaving = others.filter(({ from }) => from === span.from)
  const coming = others.filter(({ to }) => to === span.to)
  const shift = (all: readonly Span[]) =>
    (all.indexOf(span) - (all.length - 1) / 2) * Math.min(PORT_STEP, (NODE_HEIGHT - 16) / all.length)
  return { out: shift(leaving), in: shift(coming) }
}

function sideWay(
  { edge, from, to }: Span,
  side: number,
  lane: number,
  ports: { readonly out: number; readonly in: number },
  topOf: (row: number) => number,
  anchor: 'start' | 'end',
): Way {
  const middle = NODE_HEIGHT / 2
  // Out in the lower half and in in the upper one, so that a way does not end where another begins.
  const startY = topOf(from) + middle + ports.out + 6
  const endY = topOf(to) + middle + ports.in - 6
  const away = lane < side ? -1 : 1
  const down = endY > startY ? 1 : -1
  return {
    ...edge,
    path: [
      `M ${side} ${startY}`,
      `H ${lane - away * CORNER}`,
      `Q ${lane} ${startY} ${lane} ${startY + down * CORNER}`,
      `V ${endY - down * CORNER}`,
      `Q ${lane} ${endY} ${lane - away * CORNER} ${endY}`,
      `H ${side}`,
    ].join(' '),
    ...{ labelX: side + away * 8, labelY: startY - 5, anchor },
  }
}
