/** Made-up cards for crowds of calls, each another one, and the request that a validation service must get for each. */

export type TestCard = { readonly number: string; readonly expiry: string; readonly code: string }

/** @returns a card of Visa's range that nobody has: sixteen digits that pass the check of Luhn. @param serial 0 to 999. */
export function testCard(serial: number): TestCard {
  const body = `4${String(serial).padStart(3, '0')}98${String((serial * 7919) % 100_000).padStart(5, '0')}3570`
  const sum = [...body]
    .toReversed()
    .reduce((total, digit, i) => total + (i % 2 === 0 ? doubled(Number(digit)) : Number(digit)), 0)
  return {
    number: `${body}${(10 - (sum % 10)) % 10}`,
    expiry: `${String((serial % 12) + 1).padStart(2, '0')}${30 + (serial % 9)}`,
    code: String((serial * 37) % 1000).padStart(3, '0'),
  }
}

/** @returns the body of the request, with what the agent's form added. */
export function requestBody(
  form: readonly { readonly name: string; readonly value: string }[],
  card: TestCard,
): string {
  const params = [
    ...form,
    { name: 'credit card', value: card.number },
    { name: 'expiry date', value: card.expiry },
    { name: 'security code', value: card.code },
  ]
  const lines = params.map(({ name, value }) => `<param name="${name}" value="${value}" />\n`)
  return `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n${lines.join('')}</params>\n`
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2
}
