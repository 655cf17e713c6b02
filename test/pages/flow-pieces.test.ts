/** What the page of flows decides without a browser: completion by the schema, the drawing, what keys amount to, and what differs between two texts. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { offersAt, type SchemaNode } from '../../pages/admin/voice/flows/flow-completion.ts'
import { graphOf, sentenceOf } from '../../pages/admin/voice/flows/flow-graph.ts'
import { layoutOf, NODE_HEIGHT } from '../../pages/admin/voice/flows/flow-layout.ts'
import { isWhole, judgeKeys, TEST_CARDS } from '../../pages/admin/voice/flows/keyed-class.ts'
import { diffOf } from '../../pages/admin/voice/flows/line-diff.ts'
import type { Awaited } from '../../src/flow/index.ts'
import { publishedSchema } from '../../src/flow/published.ts'
import { readFlow } from '../../src/flow/read.ts'
import { TEST_CARDS as REFERENCE_CARDS } from '../../src/validation/test-cards.ts'

const FLOWS = join(import.meta.dirname, '../../flows')
const SCHEMA = publishedSchema() as SchemaNode

/** @param text with `|` where one is. */
function labelsAt(text: string): readonly string[] {
  const at = text.indexOf('|')
  const offers = offersAt(SCHEMA, text.replace('|', ''), at)
  return offers === undefined ? [] : offers.offers.map(({ label }) => label)
}

t.test('keys and values are offered where they may stand', async (t) => {
  const top = labelsAt('|')
  for (const key of ['id', 'title', 'fields', 'steps', 'defaults']) t.ok(top.includes(key), key)
  t.notOk(labelsAt('id: x\n|').includes('id'), 'none twice')
  t.ok(labelsAt('steps:\n  - |').includes('collect'))
  t.ok(labelsAt('steps:\n- |').includes('collect'), 'a list as far left as its key')
  t.ok(labelsAt('steps:\n  - begin\n  - va|').includes('validate'))
  t.strictSame(labelsAt('steps:\n  - say: welcome\n    |').toSorted(), ['bargeIn', 'label'])
  t.strictSame(labelsAt('steps:\n  - branch:\n      |').toSorted(), ['accepted', 'declined', 'failed'])
  t.ok(labelsAt('fields:\n  credit card:\n    |').includes('brands'))
  t.ok(labelsAt('fields:\n  credit card: |').includes('card-number'))
  t.ok(labelsAt('fields:\n  credit card:\n    kind: c|').includes('card-number'))
  t.strictSame(labelsAt('fields:\n  pin:\n    enterTwice: |'), ['true', 'false'])
  t.ok(labelsAt('fields:\n  pin:\n    keys:\n      |').includes('moreTime'))
  t.ok(labelsAt('fields:\n  pin:\n    prompts:\n      |').includes('ask'))
  t.ok(labelsAt('fields:\n  pin:\n    prompts:\n      ask:\n        - |').includes('say'))
  t.strictSame(labelsAt('# |'), [])
  t.strictSame(labelsAt('id: |'), [])
})

t.test('fields and labels of the text itself are offered', async (t) => {
  const text = 'fields:\n  credit card: card-number\n  pin:\n    kind: pin\nsteps:\n  - label: ask\n    collect: '
  t.strictSame(labelsAt(`${text}|`), ['credit card', 'pin'])
  t.strictSame(labelsAt(`${text}pin\n  - go: |`), ['ask', 'end'])
})

t.test('every flow that comes with Sotto is drawn: each state once, each way between two of them', async (t) => {
  const names = readdirSync(FLOWS).filter((name) => name.endsWith('.yaml'))
  t.ok(names.length > 4)
  for (const name of names) {
    const reading = readFlow(readFileSync(join(FLOWS, name), 'utf8'))
    if (!('flow' in reading)) throw new Error(name)
    const graph = graphOf(reading.flow)
    const ids = graph.nodes.map(({ id }) => id)
    t.equal(new Set(ids).size, ids.length, name)
    t.equal(ids.at(-1), 'end')
    for (const { from, to } of graph.edges) t.ok(ids.includes(from) && ids.includes(to), `${name}: ${from} ${to}`)
    const { nodes, ways, height, width } = layoutOf(graph)
    t.equal(ways.length, graph.edges.length)
    for (const [row, { x, y }] of nodes.entries()) {
      t.ok(x >= 0 && x < width && y + NODE_HEIGHT <= height, `${name}: ${row} is in the picture`)
      t.ok(row === 0 || y > (nodes[row - 1]?.y ?? 0) + NODE_HEIGHT, 'and stands below the one before')
    }
    t.notMatch(ways.map(({ path }) => path).join(' '), /NaN|undefined/)
  }
})

t.test('ways back and ways over others have lanes of their own', async (t) => {
  const reading = readFlow(readFileSync(join(FLOWS, 'pin-check.yaml'), 'utf8'))
  if (!('flow' in reading)) throw new Error('not read')
  const graph = graphOf(reading.flow)
  const words = graph.nodes.map((node) => sentenceOf(node, graph))
  t.match(words[0], /^Say \(entry-welcome, star-for-agent\) – then 3, Collect pin$/)
  t.match(
    words.find((each) => each.startsWith('Branch')),
    /accepted, failed: 7, End; declined: 6, Repeat/,
  )
  t.match(
    words.find((each) => each.startsWith('Repeat')),
    /2 times: 2, Say; after that: 7, End/,
  )
  const { ways, nodes } = layoutOf(graph)
  const back = ways.find(({ label }) => label === '2 times')
  t.equal(back?.anchor, 'start')
  t.ok((back?.labelX ?? 0) > (nodes[0]?.x ?? 0), 'at the right')
  t.equal(ways.find(({ label }) => label === 'accepted, failed')?.anchor, 'end')
})

t.test('jumps in a circle are drawn as nothing, not for ever', async (t) => {
  const go = (to: number) => ({ do: 'go', to }) as const
  const flow = {
    id: 'x',
    title: 'X',
    languages: undefined,
    sessionSeconds: undefined,
    fields: [],
    steps: [go(1), go(0)],
  }
  t.strictSame(
    graphOf(flow).nodes.map(({ id }) => id),
    ['end'],
  )
})

const ENTRY: Extract<Awaited, { at: 'entry' }> = {
  ...{ at: 'entry', field: 'credit card', kind: 'card-number', minKeys: 13, maxKeys: 19, second: false, seconds: 10 },
  ...{ keys: { terminator: 11, clear: 10 }, moreTimes: 0, validKeys: '0123456789', brands: ['visa', 'mastercard'] },
  faults: ['too-short', 'invalid-card-number'],
}
const TERMS = { brand: undefined, wanted: 'as-keyed', today: { year: 2026, month: 11 } } as const

t.test('the test cards are those of the reference service', async (t) => {
  t.strictSame(Object.keys(TEST_CARDS).toSorted(), [...REFERENCE_CARDS.keys()].toSorted())
})

t.test('of keys it is said what they amount to; what may be a real card is not taken, in no field', async (t) => {
  t.strictSame(judgeKeys(ENTRY, '4111111111111111', TERMS), { result: 'class', fault: undefined, brand: 'visa' })
  t.match(judgeKeys(ENTRY, '378282246310005', TERMS), { fault: 'invalid-card-type' })
  t.match(judgeKeys(ENTRY, '1234567890123456', TERMS), { fault: 'invalid-card-number' })
  t.match(judgeKeys(ENTRY, '12345', TERMS), { fault: 'too-short' })
  // One digit and its check digit changed: nobody published it.
  t.strictSame(judgeKeys(ENTRY, '4211111111111110', TERMS), { result: 'may-be-real' })
  const digits = { ...ENTRY, kind: 'digits', minKeys: 1, maxKeys: 40 } as const
  t.strictSame(judgeKeys(digits, '4211111111111110', { ...TERMS, wanted: 'right' }), { result: 'may-be-real' })
  t.match(judgeKeys(ENTRY, '1234567890123456', { ...TERMS, wanted: 'right' }), { fault: undefined, brand: 'visa' })
  t.match(judgeKeys(digits, '12', { ...TERMS, wanted: 'too-long' }), { fault: 'too-long' })
})

t.test('dates and codes are judged as they are keyed', async (t) => {
  const expiry = { ...ENTRY, kind: 'expiry', minKeys: 4, maxKeys: 4 } as const
  const faultOf = (keys: string) => {
    const judged = judgeKeys(expiry, keys, TERMS)
    return judged.result === 'class' ? judged.fault : judged.result
  }
  t.strictSame(['1126', '1026', '1326', '0030', '1230'].map(faultOf), [
    undefined,
    'expired',
    'invalid-date',
    'invalid-date',
    undefined,
  ])
  const code = { ...ENTRY, kind: 'security-code', minKeys: 3, maxKeys: 4 } as const
  t.match(judgeKeys(code, '123', { ...TERMS, brand: 'american-express' }), { fault: 'invalid-security-code' })
  t.match(judgeKeys(code, '123', TERMS), { fault: undefined })
  t.ok(isWhole(code, '123', 'visa'))
  t.notOk(isWhole(code, '123', 'american-express'))
  t.ok(isWhole(ENTRY, '5555555555554444', undefined))
  t.notOk(isWhole(ENTRY, '4111111111111111', undefined), 'Visa has longer ones')
})

t.test('two texts are compared line by line', async (t) => {
  const lines = diffOf('a\nb\nc\n', 'a\nx\nc\nd\n')
  t.strictSame(
    lines.map(({ what, text }) => `${what} ${text}`),
    ['same a', 'gone b', 'new x', 'same c', 'new d'],
  )
  t.match(lines.at(-1), { before: undefined, after: 4 })
  t.ok(diffOf('a\n', 'a').every(({ what }) => what === 'same'))
})
