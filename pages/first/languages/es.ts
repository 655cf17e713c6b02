/** Palabras del primer arranque. */

import type { FirstWords } from './en.ts'

export const words: FirstWords = {
  title: 'Bienvenido a Sotto',
  createWhy: 'Cree la administración: quien puede todo y deja entrar a los demás.',
  name: 'Nombre',
  nameHint: 'Para iniciar sesión: letras, cifras, punto, guion.',
  displayName: 'Nombre mostrado',
  password: 'Contraseña',
  passwordHint: 'Al menos 12 caracteres. Varias palabras sin relación entre sí se recuerdan fácilmente.',
  sample: 'Crear un formulario de pedido y un grupo de trabajo para probar, y ponerme en el primer teléfono',
  create: 'Crear la administración',
  voidTitle: 'Este enlace ya no vale',
  voidWhy: 'Vale una vez, durante una hora, y solo mientras no haya nadie. Reinicie Sotto para obtener otro.',
  toLogIn: 'Iniciar sesión',
  guideTitle: 'Su primera llamada segura',
  guideWhy: 'Bastan dos softphones en esta máquina. Cada paso se marca solo.',
  done: 'Hecho',
  open: 'Pendiente',
  register: (account) => `Registre un softphone como ${account}`,
  user: 'Usuario',
  server: 'Servidor',
  ownPassword: 'la de la configuración',
  call: (account, number) => `Marque ${number} en el teléfono de ${account} y conteste en el otro`,
  begin: 'Pulse Secure Input en el puesto',
  desk: 'Abrir el puesto',
  orKeys: (keys) => `O pulse ${keys} en el teléfono del agente.`,
  key: 'Teclee en el teléfono de quien llama lo que pide la voz',
  keyWhat: 'Número de tarjeta 4111 1111 1111 1111, una caducidad futura como 1230, código 123; cada uno termina con #.',
  outcome: { accepted: 'Se aceptó.', declined: 'Se rechazó.', failed: 'Falló.' },
  allDone: 'Eso es todo. Nadie salvo quien llama y el servicio de validación conoce el número.',
  noPhones: 'Aún no hay teléfonos. Cree dos en la administración y vuelva.',
  noValidation:
    'No hay servicio de validación, así que no puede empezar ninguna sesión segura: vea secureInput.validation en docs/CONFIG.md.',
  onward: 'A la administración',
}
