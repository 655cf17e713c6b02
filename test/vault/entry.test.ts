import t from 'tap'
import { Entry, SECOND } from '../../src/vault/entry.ts'
import { sealKey } from '../../src/vault/key.ts'
import { LockedMemory } from '../../src/vault/locked-memory.ts'
import { keyInto } from './spans.ts'

const keysOf = (entry: Entry, field: number) =>
  Array.from({ length: entry.count(field) }, (_, i) => entry.keyAt(field, i))

t.test('keys come back one by one, field by field', async (t) => {
  const entry = new Entry()
  keyInto(entry, '4111', '1227', '123')
  t.same(keysOf(entry, 0), [4, 1, 1, 1])
  t.same(keysOf(entry, 1), [1, 2, 2, 7])
  t.same(keysOf(entry, 2), [1, 2, 3])
  t.equal(entry.keyAt(0, 4), -1, 'nothing beyond the end')
  t.equal(entry.keyAt(0, -1), -1, 'nothing before the beginning')
  t.equal(entry.count(3), 0, 'nothing in a field that was not keyed')
  entry.close()
})

t.test('opening a field again empties it, and no other', async (t) => {
  const entry = new Entry()
  keyInto(entry, '4111', '1227')
  entry.open(1)
  t.same(keysOf(entry, 0), [4, 1, 1, 1], 'the one before stays')
  t.equal(entry.count(1), 0)
  entry.add(sealKey(9))
  t.same(keysOf(entry, 1), [9])
  entry.open(0)
  t.equal(entry.count(0), 0)
  t.same(keysOf(entry, 1), [9], 'the one after stays')
  entry.add(sealKey(5))
  t.same(keysOf(entry, 0), [5])
  entry.close()
})

t.test('a wiped entry holds nothing and can be used again', async (t) => {
  const entry = new Entry()
  keyInto(entry, '4111')
  entry.wipe()
  entry.wipe()
  t.equal(entry.count(0), 0)
  t.equal(entry.keyAt(0, 0), -1)
  t.notOk(entry.add(sealKey(1)), 'no field is open')
  keyInto(entry, '37')
  t.same(keysOf(entry, 0), [3, 7])
  entry.close()
  entry.close()
  t.equal(entry.count(0), 0)
})

t.test('what is keyed a second time has a place of its own', async (t) => {
  const entry = new Entry()
  keyInto(entry, '4111', '1227')
  entry.open(SECOND)
  for (const key of [4, 1, 1, 2]) entry.add(sealKey(key))
  t.same(keysOf(entry, SECOND), [4, 1, 1, 2])
  t.same(keysOf(entry, 0), [4, 1, 1, 1])
  entry.forget(SECOND)
  t.equal(entry.count(SECOND), 0)
  t.equal(entry.keyAt(SECOND, 0), -1)
  t.notOk(entry.add(sealKey(1)), 'it is open no more')
  entry.close()
})

t.test('a field that is forgotten is overwritten, and the others stay', async (t) => {
  const entry = new Entry()
  keyInto(entry, '4111', '1227', '123')
  entry.forget(1)
  t.equal(entry.count(1), 0)
  t.equal(entry.keyAt(1, 0), -1)
  t.same(keysOf(entry, 0), [4, 1, 1, 1])
  t.same(keysOf(entry, 2), [1, 2, 3])
  t.ok(entry.add(sealKey(4)), 'the one that is open stays open')
  t.same(keysOf(entry, 2), [1, 2, 3, 4])
  entry.close()
})

t.test('a full entry takes no more', async (t) => {
  const entry = new Entry()
  entry.open(0)
  let taken = 0
  while (taken < 1000 && entry.add(sealKey(taken % 10))) taken++
  t.equal(taken, 40)
  t.notOk(entry.add(sealKey(1)))
  t.equal(entry.count(0), 40)
  t.equal(entry.count(1), 0, 'and nothing goes over into the next')
  t.throws(() => entry.open(SECOND + 1), RangeError)
  entry.close()
})

t.test(
  'a wipe leaves nothing to put a key together from: the masked keys are zero, and the masks are new',
  async (t) => {
    const pieces = new Set<LockedMemory>()
    const { randomise, wipe } = LockedMemory.prototype
    t.teardown(() => Object.assign(LockedMemory.prototype, { randomise, wipe }))
    Object.assign(LockedMemory.prototype, {
      randomise(this: LockedMemory, from?: number, to?: number) {
        pieces.add(this)
        randomise.call(this, from, to)
      },
      wipe(this: LockedMemory) {
        pieces.add(this)
        wipe.call(this)
      },
    })
    const entry = new Entry()
    t.teardown(() => entry.close())
    const [pad] = pieces
    keyInto(entry, '4111', '1227')
    const before = Buffer.from(pad?.bytes ?? [])
    entry.wipe()
    const masked = [...pieces].find((piece) => piece !== pad)
    t.equal(
      masked?.bytes.every((octet) => octet === 0),
      true,
    )
    t.notOk(pad?.bytes.subarray(0, 8).equals(before.subarray(0, 8)))
  },
)
