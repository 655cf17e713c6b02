/** Las palabras que tiene cada página. */

import type { SharedWords } from './en.ts'

export const words: SharedWords = {
  skip: 'Ir al contenido',
  language: 'Idioma',
  scheme: 'Colores',
  schemes: { system: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
  desk: 'Puesto',
  supervisor: 'Supervisión',
  admin: 'Administración',
  pages: 'Páginas',
  logOut: 'Cerrar sesión',
  loggedInAs: (name) => `Sesión iniciada como ${name}`,
  offLine: 'Sin conexión con el servidor: lo que ve puede ser antiguo. Se sigue intentando.',
  close: 'Cerrar',
  cancel: 'Cancelar',
  code: 'Código',
  loading: 'Cargando …',
}
