/**
 * A custom form that looks an order up: the agent types its number and presses "Load"; amount and address come, and the form is complete. Take it as a template for your own.
 *
 * It runs in a frame without network, cookies and storage. What it needs to know it is given (`this.form.parameters`) or asks the server for (`this.form.lookUp`); the address of that service and
 * the secret that it takes stand in add-in.json and in the form, and never come here. docs/ADD-INS.md has all that an add-in may do.
 */

const WORDS = {
  en: {
    order: 'Order number',
    load: 'Load',
    loading: 'Loading …',
    loaded: 'The order is there.',
    amount: 'Amount',
    address: 'Address',
    empty: 'Type the number of the order first.',
    caller: 'Caller',
  },
  de: {
    order: 'Bestellnummer',
    load: 'Laden',
    loading: 'Wird geladen …',
    loaded: 'Die Bestellung ist da.',
    amount: 'Betrag',
    address: 'Anschrift',
    empty: 'Geben Sie erst die Nummer der Bestellung ein.',
    caller: 'Anrufer',
  },
  fr: {
    order: 'Numéro de commande',
    load: 'Charger',
    loading: 'Chargement …',
    loaded: 'La commande est là.',
    amount: 'Montant',
    address: 'Adresse',
    empty: 'Saisissez d’abord le numéro de la commande.',
    caller: 'Appelant',
  },
  es: {
    order: 'Número de pedido',
    load: 'Cargar',
    loading: 'Cargando …',
    loaded: 'El pedido está aquí.',
    amount: 'Importe',
    address: 'Dirección',
    empty: 'Escriba primero el número del pedido.',
    caller: 'Persona que llama',
  },
}

/** Makes an element with text in it. What others wrote is set as text, never as HTML: the frame's policy would stop it. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  element.append(...children)
  return element
}

class OrderLookup extends HTMLElement {
  /** Set before the element is connected: { parameters, language, lookUp }. */
  form
  /** The order that was found; undefined until then. */
  #order

  /** Whether "Send to IVR" is possible. */
  get isValid() {
    return this.#order !== undefined
  }

  /** Goes along with the session: to the flow, and to the service that validates the card. Texts alone, and never a card number. */
  get secureParameters() {
    return this.#order ?? {}
  }

  connectedCallback() {
    const { parameters, language } = this.form
    const words = WORDS[language] ?? WORDS.en

    const input = make('input', { id: 'order', autocomplete: 'off', maxlength: '40', 'aria-describedby': 'problem' })
    const load = make('button', { type: 'button' }, words.load)
    const problem = make('p', { id: 'problem', role: 'alert' })
    const status = make('p', { role: 'status' })
    const found = make('dl')
    // The caller's number is given because add-in.json asks for it under "attributes"; the currency, where the form has it among its custom attributes.
    if (parameters.caller)
      this.append(make('p', { class: 'quiet' }, `${words.caller}: `, make('bdi', {}, parameters.caller)))
    this.append(make('label', { for: 'order' }, words.order), make('div', { class: 'row' }, input, load))
    this.append(problem, status, found)

    /** Says what holds by now, and tells the desk to look again. */
    const show = (order, says = '', wrong = '') => {
      this.#order = order
      status.textContent = says
      problem.textContent = wrong
      input.setAttribute('aria-invalid', String(wrong !== ''))
      const row = (name, value) => make('div', {}, make('dt', {}, name), make('dd', {}, value))
      found.replaceChildren()
      if (order !== undefined) {
        found.append(row(words.amount, `${order.amount} ${parameters.currency ?? ''}`.trim()))
        found.append(row(words.address, order.address))
      }
      this.dispatchEvent(new Event('validchange'))
    }

    // What was found belongs to the number that was asked for, and to no other.
    input.addEventListener('input', () => show(undefined))

    // The button stays enabled meanwhile: a disabled one would lose the focus of who works by keyboard.
    let isLoading = false
    const look = async () => {
      if (isLoading) return
      const order = input.value.trim()
      if (order === '') {
        show(undefined, '', words.empty)
        input.focus()
        return
      }
      show(undefined, words.loading)
      isLoading = true
      try {
        // "order" is the lookup's name in add-in.json; its {order} becomes the value.
        const { amount, address } = await this.form.lookUp('order', { order })
        if (input.value.trim() === order)
          show({ order, amount: String(amount), address: String(address) }, words.loaded)
      } catch (error) {
        // In the agent's language already: what is wrong, and what to do.
        if (input.value.trim() === order) show(undefined, '', [error.message, error.advice].filter(Boolean).join(': '))
      } finally {
        isLoading = false
      }
    }
    // No <form>: the frame may submit none.
    load.addEventListener('click', look)
    input.addEventListener('keydown', ({ key }) => {
      if (key === 'Enter') load.click()
    })
  }
}

customElements.define('order-lookup', OrderLookup)
