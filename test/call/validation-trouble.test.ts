import t from 'tap'
import { faults } from '../../src/base/faults.ts'
import { toldOutcome, validationTrouble } from '../../src/call/validation-trouble.ts'

const failed = (reason: 'validation-expired' | 'validation-bad-reply' | 'internal-error' | 'cancelled') =>
  ({ result: 'failed', reason }) as const

t.test('the desk hears that a service is not trusted, the log why', async (t) => {
  t.equal(validationTrouble(failed('validation-expired'))?.code, 'validation.expired')
  t.same(toldOutcome(failed('validation-expired')), { result: 'failed', reason: 'validation-untrusted' })
})

t.test('other failures of the validation are told as they are, and logged too', async (t) => {
  t.equal(validationTrouble(failed('validation-bad-reply'))?.code, 'validation.bad-reply')
  t.same(toldOutcome(failed('validation-bad-reply')), failed('validation-bad-reply'))
})

t.test('an error of the vault itself is logged, and told as it is', async (t) => {
  t.equal(validationTrouble(failed('internal-error'))?.code, 'vault.defect')
  t.same(toldOutcome(failed('internal-error')), failed('internal-error'))
})

t.test('what is not about the validation is no trouble of it', async (t) => {
  t.equal(validationTrouble(failed('cancelled')), undefined)
  t.equal(validationTrouble({ result: 'declined', details: '' }), undefined)
  t.same(toldOutcome({ result: 'accepted', details: 'x' }), { result: 'accepted', details: 'x' })
})

t.test('every row of the validation can be raised', async (t) => {
  // Of trying the service by hand, where there is no session.
  const ofTrying = ['validation.test-runs', 'validation.not-usable', 'validation.no-test-card']
  const rows = Object.keys(faults).filter((code) => code.startsWith('validation.') && !ofTrying.includes(code))
  const raised = rows.map((code) =>
    validationTrouble({ result: 'failed', reason: code.replace('.', '-') as 'validation-expired' }),
  )
  t.same(
    raised.map((trouble) => trouble?.code),
    rows,
  )
})
