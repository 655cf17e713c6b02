/** What a caller hears, by the names of the clips. */

import t from 'tap'
import { Announcer } from '../../src/vault/announcer.ts'
import type { Plan } from '../../src/vault/contract.ts'
import { Entry } from '../../src/vault/entry.ts'
import type { Prompts } from '../../src/vault/prompts.ts'
import { fieldOf } from './plans.ts'
import { keyInto, spanOf } from './spans.ts'

/** Prompts of which each sound is the name of its clip; `missing` has none. */
const prompts: Prompts = {
  locales: ['en'],
  has: () => true,
  coded: ([first], clip) => (clip === 'missing' || clip === '' ? undefined : Buffer.from(`${first}/${clip}`)),
}

function listening(plan: Pick<Plan, 'fields' | 'locales'>) {
  let sounds: Iterable<Uint8Array> = []
  const play = (given: Iterable<Uint8Array>) => {
    sounds = given
  }
  const announcer = new Announcer({ prompts, plan, codec: 'PCMA', play })
  t.teardown(() => announcer.close())
  return { announcer, sounds: () => sounds, heard: () => [...sounds].map((sound) => Buffer.from(sound).toString()) }
}

const card = { locales: ['en'], fields: [fieldOf('card-number'), fieldOf('security-code')] }

t.test('things are said one after the other, in the language of the session', async (t) => {
  const { announcer, heard } = listening({ ...card, locales: ['de', 'en'] })
  announcer.play(
    [{ prompt: 'too-short', field: 1, attempt: 1 }, { notice: 'try-again' }, { clip: 'missing' }, { clip: 'hello' }],
    undefined,
  )
  t.same(heard(), ['de/too-short', 'de/try-again', 'de/hello'])
  announcer.play([{ prompt: 'ask', field: 1, attempt: 1 }], 'american-express')
  t.same(heard(), ['de/ask-security-code-four'])
  t.throws(() => announcer.play([{ prompt: 'ask', field: 7, attempt: 1 }], undefined))
})

t.test('an entry is read back digit by digit, and then it is asked', async (t) => {
  const { announcer, heard } = listening({ locales: ['en'], fields: [fieldOf('pin', { readBack: 'all' })] })
  announcer.readBack({ field: 0, attempt: 1 }, spanOf('9014'), undefined)
  t.same(heard(), ['en/read-back', 'en/digit-9', 'en/digit-0', 'en/digit-1', 'en/digit-4', 'en/confirm'])
  t.throws(() => announcer.readBack({ field: 1, attempt: 1 }, spanOf('9014'), undefined))
})

t.test('of an entry only the end is read back where the field says so', async (t) => {
  const { announcer, heard } = listening({ locales: ['en'], fields: [fieldOf('digits', { readBack: 'last-four' })] })
  announcer.readBack({ field: 0, attempt: 1 }, spanOf('123456'), undefined)
  t.same(heard(), ['en/read-back-ending-in', 'en/digit-3', 'en/digit-4', 'en/digit-5', 'en/digit-6', 'en/confirm'])
  announcer.readBack({ field: 0, attempt: 1 }, spanOf('12'), undefined)
  t.same(heard(), ['en/read-back-ending-in', 'en/digit-1', 'en/digit-2', 'en/confirm'])
})

t.test('a digit is looked up when it is about to be heard, and after a wipe there is none', async (t) => {
  const { announcer, sounds } = listening({ locales: ['en'], fields: [fieldOf('pin', { readBack: 'all' })] })
  const entry = new Entry()
  keyInto(entry, '1234')
  let looked = 0
  const span = entry.span(0)
  const watched = { count: span.count, keyAt: (i: number) => span.keyAt(i + 0 * looked++) }
  announcer.readBack({ field: 0, attempt: 1 }, watched, undefined)
  t.equal(looked, 0)
  const iterator = sounds()[Symbol.iterator]()
  const next = () => {
    const { done, value } = iterator.next()
    return done === true ? undefined : Buffer.from(value).toString()
  }
  t.equal(next(), 'en/read-back')
  t.equal(looked, 0)
  t.equal(next(), 'en/digit-1')
  t.equal(looked, 1)
  entry.wipe()
  t.equal(next(), 'en/confirm', 'nothing of the rest')
  entry.close()
})

t.test('the last four are kept to be said once, and told where there are as many before them', async (t) => {
  const { announcer, heard } = listening(card)
  t.equal(announcer.keepLastFour(spanOf('5555555555554321')), '4321')
  announcer.playOutcome({ result: 'accepted', details: '', lastFour: '4321' })
  t.same(heard(), ['en/accepted-ending-in', 'en/digit-4', 'en/digit-3', 'en/digit-2', 'en/digit-1', 'en/returning'])
  announcer.playOutcome({ result: 'accepted', details: '', lastFour: '4321' })
  t.same(heard(), ['en/accepted-ending-in', 'en/returning'], 'they are gone by then')
  t.equal(announcer.keepLastFour(spanOf('1234567')), undefined, 'of seven digits four are too many')
  t.equal(announcer.keepLastFour(spanOf('12345678')), '5678')
  t.equal(announcer.keepLastFour(undefined), undefined)
  announcer.playOutcome({ result: 'accepted', details: '', lastFour: '5678' })
  t.same(heard(), ['en/accepted-ending-in', 'en/returning'], 'a later verdict has taken their place')
})

t.test('an outcome is told without digits where none may be told', async (t) => {
  const { announcer, heard } = listening(card)
  announcer.playOutcome({ result: 'accepted', details: '' })
  t.same(heard(), ['en/accepted', 'en/returning'])
  announcer.playOutcome({ result: 'failed', reason: 'escaped' })
  t.same(heard(), ['en/escaped', 'en/returning'])
})

t.test('the end of a session is told in full, and after a minute no more of it', async (t) => {
  const second = 8000
  const lasting = (seconds: number): Prompts => ({ ...prompts, coded: () => new Uint8Array(seconds * second) })
  const octets = (of: Prompts, codec: 'PCMA' | 'OPUS') => {
    let total = 0
    const play = (sounds: Iterable<Uint8Array>) => {
      for (const sound of sounds) total += sound.length
    }
    const announcer = new Announcer({ prompts: of, plan: card, codec, play })
    announcer.playOutcome({ result: 'accepted', details: '' })
    announcer.close()
    return total
  }
  t.equal(octets(lasting(25), 'PCMA'), 50 * second, 'two sentences of 25 s')
  t.equal(octets(lasting(35), 'PCMA'), 60 * second, 'of 35 s')
  t.equal(octets(lasting(90), 'OPUS'), 60_000 * 3, 'in Opus, whole frames of it')
})
