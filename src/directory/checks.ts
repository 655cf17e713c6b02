/** Whether a directory as it would be after a change hangs together: names that refer to something, phones that have one user each. Pure. */

import type { DirectoryProblem } from './check-body.ts'
import type { PlanOutside } from './dial-plan.ts'
import { holdsFlow } from './flow-versions.ts'
import { keyOf, MOST_ITEMS } from './form-fill.ts'
import type { Entry, Picture } from './picture.ts'

/** What the directory refers to and does not hold. */
export type Outside = {
  /** Whether a flow, or one version of it, is published in a file. */
  readonly hasFlow: (ref: string) => boolean
  /** What is wrong with a text that is to be that version of a flow. */
  readonly flowProblems: (id: string, version: number, text: string) => readonly DirectoryProblem[]
  readonly plan: PlanOutside
  /** Whether something draws custom forms under that name; absent where nobody knows. */
  readonly hasComponent?: (name: string) => boolean
}

type Places = (key: string, says: string, advice: string) => void

/** @returns what is wrong, by `kind.name.member`. */
export function pictureProblems(picture: Picture, outside: Outside): readonly DirectoryProblem[] {
  const problems: DirectoryProblem[] = []
  const report: Places = (key, says, advice) => problems.push({ key, says, advice })
  checkUsers(picture, report)
  for (const form of picture.entries.forms.values()) checkForm(picture, form, outside, report)
  for (const group of picture.entries.workgroups.values()) checkGroup(picture, group, report)
  return problems
}

function checkUsers({ entries }: Picture, report: Places): void {
  const owners = new Map<string, string>()
  for (const { name, body } of entries.users.values()) {
    if (body.phone === undefined) continue
    const owner = owners.get(body.phone)
    if (owner !== undefined)
      report(
        `users.${name}.phone`,
        'Another user works at this phone.',
        `Give it to one of them; the other is ${owner}.`,
      )
    owners.set(body.phone, name)
  }
}

function checkForm(picture: Picture, { name, body }: Entry<'forms'>, outside: Outside, report: Places): void {
  const at = `forms.${name}`
  if (!holdsFlow(picture, body.flow) && !outside.hasFlow(body.flow))
    report(`${at}.flow`, 'No such flow is published.', 'Publish it first, or name another.')
  if (body.type === 'custom' && body.component === undefined)
    report(
      `${at}.component`,
      'A custom form needs a component.',
      'Name the one that draws it, or make the form simple.',
    )
  if (body.type === 'custom' && body.component !== undefined && outside.hasComponent?.(body.component) === false)
    report(
      `${at}.component`,
      'No add-in of this name is loaded.',
      'Put it into http.addInsFolder and load it, or name another; /api/v1/add-ins says which there are.',
    )
  if (body.fields.length + body.attributes.length > MOST_ITEMS)
    report(`${at}.attributes`, 'Too much goes along.', `Have at most ${MOST_ITEMS} fields and attributes together.`)
  for (const [place, { name: secret, value }] of body.secrets.entries()) {
    if (body.secrets.findIndex((other) => other.name === secret) < place)
      report(`${at}.secrets[${place}].name`, 'An earlier secret has this name.', 'Give each a name of its own.')
    if (value === undefined)
      report(`${at}.secrets[${place}].value`, 'This secret has no value yet.', 'Set it, or leave the secret out.')
  }
  // Names of a custom form are compared without case, in what its component gives as well.
  const key = (id: string) => (body.type === 'custom' ? keyOf(id) : id)
  const taken = new Set<string>()
  for (const [place, { id, type, choices }] of body.fields.entries()) {
    if (taken.has(key(id)))
      report(`${at}.fields[${place}].id`, 'An earlier field has this id.', 'Give each an id of its own.')
    taken.add(key(id))
    if ((type === 'choice') !== (choices !== undefined))
      report(`${at}.fields[${place}].choices`, 'Choices belong to a field of type choice.', 'Set both, or none.')
  }
  for (const [place, attribute] of body.attributes.entries()) {
    if (taken.has(key(attribute.name)))
      report(`${at}.attributes[${place}].name`, 'Something before it has this name.', 'Give each a name of its own.')
    taken.add(key(attribute.name))
  }
}

function checkGroup({ entries }: Picture, { name, body }: Entry<'workgroups'>, report: Places): void {
  const lists = [
    ['members', body.members, entries.users, 'user'],
    ['supervisors', body.supervisors, entries.users, 'user'],
    ['forms', body.forms, entries.forms, 'form'],
  ] as const
  for (const [member, names, there, what] of lists) {
    for (const [place, each] of names.entries()) {
      if (!there.has(each))
        report(
          `workgroups.${name}.${member}[${place}]`,
          `There is no ${what} of this name.`,
          'Correct the name, or make it first.',
        )
    }
  }
}
