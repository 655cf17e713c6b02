import t from 'tap'
import { type SoundLeg, type Standing, soundOf } from '../../src/call/sound.ts'

const leg = (portId: string, held = false): SoundLeg => ({ portId, held })

function words(
  standing: Standing,
  caller?: SoundLeg,
  agent?: SoundLeg,
  placing: 'caller' | 'agent' = 'caller',
): string {
  return soundOf(standing, caller, agent, placing)
    .map(({ portId, source }) => `${portId}<-${source.kind === 'port' ? source.portId : source.kind}`)
    .join(' ')
}

const rows: readonly (readonly [says: string, actual: string, expected: string])[] = [
  ['together, each hears the other', words('together', leg('c'), leg('a')), 'c<-a a<-c'],
  ['the caller holds: the agent hears music', words('together', leg('c', true), leg('a')), 'c<-silence a<-hold-music'],
  ['the agent holds: the caller hears music', words('together', leg('c'), leg('a', true)), 'c<-hold-music a<-silence'],
  ['both hold: silence', words('together', leg('c', true), leg('a', true)), 'c<-silence a<-silence'],
  ['alone, silence', words('together', leg('c'), undefined), 'c<-silence'],
  ['ringback for the caller who placed the call', words('ringback', leg('c'), undefined), 'c<-ringback'],
  ['ringback for the agent who placed it', words('ringback', undefined, leg('a'), 'agent'), 'a<-ringback'],
  ['apart, silence', words('apart', leg('c'), leg('a')), 'c<-silence a<-silence'],
  ['parted, the agent hears music first of all', words('parted', leg('c'), leg('a')), 'a<-hold-music c<-silence'],
  ['parted, whoever holds', words('parted', leg('c', true), leg('a', true)), 'a<-hold-music c<-silence'],
  ['away, the caller port is not named', words('away', leg('c'), leg('a')), 'a<-hold-music'],
  ['away, though the agent holds', words('away', leg('c'), leg('a', true)), 'a<-hold-music'],
]
for (const [says, actual, expected] of rows) {
  t.test(says, async (t) => {
    t.equal(actual, expected)
  })
}

t.test('only together does a port hear a port', async (t) => {
  for (const standing of ['apart', 'ringback', 'parted', 'away'] as const) {
    for (const placing of ['caller', 'agent'] as const) {
      const sources = soundOf(standing, leg('c'), leg('a'), placing).map((each) => each.source.kind)
      t.notOk(sources.includes('port'), `${standing}, ${placing} placed`)
    }
  }
})
