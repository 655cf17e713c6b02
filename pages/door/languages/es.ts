/** Las palabras de la página de acceso. */

import type { DoorWords } from './en.ts'

export const words: DoorWords = {
  title: 'Iniciar sesión',
  name: 'Nombre',
  password: 'Contraseña',
  logIn: 'Iniciar sesión',
  codeTitle: 'Su segundo factor',
  code: 'Código de su aplicación de autenticación',
  codeHint: 'Seis cifras, nuevas cada medio minuto.',
  lostIt: 'No la tengo conmigo',
  recoveryCode: 'Uno de sus códigos de recuperación',
  haveIt: 'La tengo conmigo',
  again: 'Empezar de nuevo',
  changeTitle: 'Elija una contraseña propia',
  changeWhy: 'La que tiene ahora la puso otra persona.',
  oldPassword: 'Contraseña actual',
  newPassword: 'Contraseña nueva',
  newPasswordHint: 'Al menos 12 caracteres. Varias palabras sin relación entre sí son fáciles de recordar.',
  change: 'Cambiarla',
  enrolTitle: 'Configure un segundo factor',
  enrolWhy: 'Su función lo exige. Lea esta imagen con una aplicación de autenticación y escriba el código que muestre.',
  enrolKey: 'O escriba en ella esta clave:',
  picture: 'Imagen para una aplicación de autenticación; contiene la clave de abajo.',
  confirm: 'Confirmar',
  recoveryTitle: 'Guarde sus códigos de recuperación',
  recoveryWhy: 'Cada uno sustituye una vez a la aplicación. Se muestran ahora y nunca más.',
  copy: 'Copiarlos',
  copied: 'Copiados.',
  goOn: 'Los he guardado',
  noPages: 'Ha iniciado sesión, pero solo puede usar la interfaz para programas.',
}
