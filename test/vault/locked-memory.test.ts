import t from 'tap'
import { canLockMemory, LockedMemory } from '../../src/vault/locked-memory.ts'

t.test('locked memory is empty at first, holds octets, and is empty once wiped', async (t) => {
  const memory = new LockedMemory(64)
  t.ok(memory.bytes.every((octet) => octet === 0))
  memory.bytes.fill(7)
  memory.wipe()
  t.ok(memory.bytes.every((octet) => octet === 0))
  memory.randomise(32)
  t.ok(
    memory.bytes.subarray(0, 32).every((octet) => octet === 0),
    'random from where it was told',
  )
  t.ok(memory.bytes.subarray(32).some((octet) => octet !== 0))
  memory.randomise(64)
  memory.close()
  memory.close()
  memory.wipe()
  memory.randomise()
  t.equal(memory.bytes.length, 0, 'closed, it is gone')
})

t.test('whether memory can be locked is told', async (t) => {
  t.type(canLockMemory(), 'boolean')
})
