import t from 'tap'
import { type Effect, effectiveRight, effectiveRights, type Grants } from '../../src/directory/index.ts'

const START = 'secure-input:start'
const grants = (effect: Effect | undefined): Grants => (effect === undefined ? {} : { [START]: effect })
const holder = (own: Effect | undefined, ...groups: (Effect | undefined)[]) => ({
  name: 'amy',
  disabled: false,
  rights: grants(own),
  workgroups: groups.map((effect, at) => ({ name: `group-${at}`, rights: grants(effect) })),
})

t.test('rights', async (t) => {
  const rows: [string, Effect | undefined, (Effect | undefined)[], boolean, string][] = [
    ['granted nowhere: denied', undefined, [], false, 'granted-nowhere'],
    ['a workgroup without it gives nothing', undefined, [undefined], false, 'granted-nowhere'],
    ['granted to the user', 'allow', [], true, 'allowed'],
    ['granted to a workgroup', undefined, ['allow'], true, 'allowed'],
    ['granted to one of two workgroups', undefined, [undefined, 'allow'], true, 'allowed'],
    ['a denial to the user wins over a workgroup', 'deny', ['allow'], false, 'denied'],
    ['a denial to a workgroup wins over the user', 'allow', ['deny'], false, 'denied'],
    ['a denial to one workgroup wins over another', undefined, ['allow', 'deny'], false, 'denied'],
    ['denied alone', 'deny', [], false, 'denied'],
  ]
  for (const [sentence, own, groups, allowed, reason] of rows) {
    t.match(effectiveRight(holder(own, ...groups), START), { allowed, reason }, sentence)
  }
})

t.test('whoever is disabled has no right, and still sees where it would come from', async (t) => {
  const [view, start] = effectiveRights({ ...holder('allow'), disabled: true })
  t.match(view, { right: 'secure-input:view', allowed: false, reason: 'user-disabled', from: [] })
  t.match(start, { allowed: false, reason: 'user-disabled', from: [{ of: 'user', name: 'amy', effect: 'allow' }] })
})

t.test('what decided comes first', async (t) => {
  const { from } = effectiveRight(holder('allow', undefined, 'deny', 'allow'), START)
  t.same(
    from.map(({ name, effect }) => `${effect} ${name}`),
    ['deny group-1', 'allow amy', 'allow group-2'],
  )
})
