/**
 * Checks that no key of a caller can be written, serialised or compared as text: `src/vault/key.ts` makes keys a type, the compiler refuses to take it
 * for a number or a string, and this looks at what the compiler lets pass: templates, `+` with text, `String()`, JSON, errors, messages, anything of
 * type `any` or `unknown`. Outside the files named here a key may only be passed on. A run that met no key fails.
 */

import { relative, resolve } from 'node:path'
import ts from 'typescript'

/** Files that may look at the value of a key: they check it, mask it, or write it into locked memory; or a captured one is its operator's. */
export const LOOKERS: readonly string[] = [
  'src/replay/watched-line.ts',
  'src/vault/amount.ts',
  'src/vault/announcer.ts',
  'src/vault/bank.ts',
  'src/vault/birth-date.ts',
  'src/vault/brand.ts',
  'src/vault/checks.ts',
  'src/vault/echo.ts',
  'src/vault/entry.ts',
  'src/vault/expiry.ts',
  'src/vault/luhn.ts',
  'src/vault/national-id.ts',
  'src/vault/request-template.ts',
]
/** Files that make keys of what a transport told. */
const SEALERS: readonly string[] = ['src/vault/keypad.ts']
const HOME = 'src/vault/key.ts'

export type Misuse = { readonly file: string; readonly line: number; readonly says: string }
export type DigitCheck = {
  readonly misuses: readonly Misuse[] /** Expressions that are keys. */
  readonly keys: number
}

/** @param files to look at, of a program; paths from the root of the project. */
export function checkDigits(program: ts.Program, root: string, isChecked: (file: string) => boolean): DigitCheck {
  const checker = program.getTypeChecker()
  const misuses: Misuse[] = []
  let keys = 0
  for (const source of program.getSourceFiles()) {
    const file = relative(root, source.fileName)
    if (!isChecked(file) || file === HOME) continue
    const mayLook = LOOKERS.includes(file)
    const refuse = (node: ts.Node, says: string): void => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
      misuses.push({ file, line: line + 1, says })
    }
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit)
      checkImport(node, file, refuse)
      if (!ts.isExpression(node) || isName(node)) return
      const type = checker.getTypeAtLocation(node)
      const face = faceOf(type)
      if (face !== undefined) {
        keys += 1
        const says = misuseOf(node, face, mayLook, checker)
        if (says !== undefined) refuse(node, says)
      } else if (holdsKey(type, checker)) {
        const says = misuseOfHolder(node, checker)
        if (says !== undefined) refuse(node, says)
      }
      checkCallback(node, checker, refuse)
    }
    visit(source)
  }
  return { misuses, keys }
}

type Face = 'Key' | 'KeyValue'

function faceOf(type: ts.Type): Face | undefined {
  if (type.isUnion()) {
    for (const member of type.types) {
      const face = faceOf(member)
      if (face !== undefined) return face
    }
    return undefined
  }
  const symbol = type.aliasSymbol
  const home = symbol?.declarations?.[0]?.getSourceFile().fileName.endsWith(`/${HOME}`) === true
  return home && (symbol?.name === 'Key' || symbol?.name === 'KeyValue') ? symbol.name : undefined
}

/** Whether an array, a set, or an object holds keys, as far as two levels down. */
function holdsKey(type: ts.Type, checker: ts.TypeChecker, deep = 2): boolean {
  if (deep === 0) return false
  const inside = (member: ts.Type): boolean => faceOf(member) !== undefined || holdsKey(member, checker, deep - 1)
  if ((type.flags & ts.TypeFlags.Object) === 0) return false
  if (checker.getTypeArguments(type as ts.TypeReference).some(inside)) return true
  if (checker.isArrayType(type) || checker.isTupleType(type) || !isLiteral(type)) return false
  return type.getProperties().some((property) => inside(checker.getTypeOfSymbol(property)))
}

/** Objects as data, not classes: a class that owns keys keeps them private. */
function isLiteral(type: ts.Type): boolean {
  return ((type as ts.ObjectType).objectFlags & (ts.ObjectFlags.ObjectLiteral | ts.ObjectFlags.Anonymous)) !== 0
}

/** Names of declarations and of members are no uses. */
function isName(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  return ts.isIdentifier(node) && 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)
}

/** @returns what is wrong with the use of a key, judged by what it stands in. */
function misuseOf(node: ts.Expression, face: Face, mayLook: boolean, checker: ts.TypeChecker): string | undefined {
  const { parent } = node
  const looks = mayLook && face === 'KeyValue'
  if (ts.isTemplateSpan(parent)) return 'a key in a template'
  if (ts.isBinaryExpression(parent)) return misuseInOperation(node, parent, looks, checker)
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent))
    return looks ? undefined : 'a key is calculated with'
  if (ts.isPropertyAccessExpression(parent)) return 'a member of a key is asked for'
  if (ts.isElementAccessExpression(parent))
    return looks && parent.argumentExpression === node ? undefined : 'a key picks out of a table'
  if (ts.isAsExpression(parent) || ts.isTypeAssertionExpression(parent))
    return isKeyType(parent.type, checker) ? undefined : 'a key is called something else'
  if (ts.isThrowStatement(parent)) return 'a key is thrown'
  if (ts.isSwitchStatement(parent) || ts.isIfStatement(parent)) return looks ? undefined : 'a key decides'
  if (ts.isVariableDeclaration(parent))
    return takesKey(checker.getTypeAtLocation(parent.name), looks) ? undefined : 'a key is kept as something else'
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    if (parent.expression === node) return 'a key is called'
    return isForeign(parent, checker)
      ? 'a key goes to code that does not know what it is'
      : misuseInContext(node, looks, checker)
  }
  if (
    ts.isExpression(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isShorthandPropertyAssignment(parent)
  ) {
    return misuseInContext(node, looks, checker)
  }
  return undefined
}

function misuseInContext(node: ts.Expression, looks: boolean, checker: ts.TypeChecker): string | undefined {
  const wanted = checker.getContextualType(node)
  return wanted === undefined || takesKey(wanted, looks) ? undefined : 'a key goes where anything may be'
}

function takesKey(type: ts.Type, looks: boolean): boolean {
  return faceOf(type) !== undefined || (looks && (type.flags & ts.TypeFlags.NumberLike) !== 0)
}

function isKeyType(node: ts.TypeNode, checker: ts.TypeChecker): boolean {
  return faceOf(checker.getTypeFromTypeNode(node)) !== undefined
}

const EQUALITY = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
])
const CHOICE = new Set([ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.CommaToken])

function misuseInOperation(
  node: ts.Expression,
  { left, right, operatorToken }: ts.BinaryExpression,
  looks: boolean,
  checker: ts.TypeChecker,
): string | undefined {
  const other = checker.getTypeAtLocation(node === left ? right : left)
  if (operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return node === left || takesKey(other, looks) ? undefined : 'a key is kept as something else'
  }
  if (CHOICE.has(operatorToken.kind)) return undefined
  const withNumber = looks && (other.flags & ts.TypeFlags.NumberLike) !== 0
  if (faceOf(other) === undefined && !withNumber) {
    return EQUALITY.has(operatorToken.kind)
      ? 'a key is compared with something else'
      : 'a key is put together with something else'
  }
  return EQUALITY.has(operatorToken.kind) || looks ? undefined : 'a key is calculated with'
}

/** What holds keys may not be given to what takes anything, nor be made text of by itself. */
function misuseOfHolder(node: ts.Expression, checker: ts.TypeChecker): string | undefined {
  const { parent } = node
  if (ts.isTemplateSpan(parent)) return 'what holds keys in a template'
  if (ts.isPropertyAccessExpression(parent) && /^(?:join|toString|toLocaleString)$/.test(parent.name.text)) {
    return 'what holds keys is made text of'
  }
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return 'what holds keys is made text of'
  if ((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression !== node) {
    const wanted = checker.getContextualType(node)
    const open = wanted !== undefined && (wanted.flags & ts.TypeFlags.TypeParameter) !== 0
    const anything = wanted !== undefined && !open && !holdsKey(wanted, checker)
    if (anything || isForeign(parent, checker)) return 'what holds keys goes to code that does not know what it is'
  }
  return undefined
}

/** A function of a library that takes any type: `Object.assign`, `structuredClone`, `Array.from`. */
function isForeign(call: ts.CallExpression | ts.NewExpression, checker: ts.TypeChecker): boolean {
  const declaration = checker.getResolvedSignature(call)?.getDeclaration()
  return (
    declaration !== undefined &&
    declaration.typeParameters !== undefined &&
    declaration.getSourceFile().isDeclarationFile
  )
}

/** `keys.map(String)`: a function that takes anything, where one that takes a key is wanted. */
function checkCallback(
  node: ts.Expression,
  checker: ts.TypeChecker,
  refuse: (node: ts.Node, says: string) => void,
): void {
  if (!ts.isCallExpression(node.parent) || node.parent.expression === node) return
  const wanted = checker.getContextualType(node)?.getCallSignatures()[0]?.getParameters()[0]
  const own = checker.getTypeAtLocation(node).getCallSignatures()[0]?.getParameters()[0]
  if (wanted === undefined || own === undefined) return
  if (faceOf(checker.getTypeOfSymbol(wanted)) !== undefined && faceOf(checker.getTypeOfSymbol(own)) === undefined) {
    refuse(node, 'a key goes to a function that takes anything')
  }
}

/** Only the files named above may seal and open keys. */
function checkImport(node: ts.Node, file: string, refuse: (node: ts.Node, says: string) => void): void {
  if (!ts.isImportSpecifier(node)) return
  const from = node.parent.parent.parent.moduleSpecifier
  if (!ts.isStringLiteral(from) || !/(?:^|\/)key\.ts$/.test(from.text)) return
  const name = (node.propertyName ?? node.name).text
  if (name === 'openKey' && !LOOKERS.includes(file)) refuse(node, 'this file may not open keys')
  if (name === 'sealKey' && !SEALERS.includes(file)) refuse(node, 'this file may not make keys')
}

/** The program of a tsconfig, with files of a test beside it. */
export function programOf(root: string, added: ReadonlyMap<string, string> = new Map()): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(resolve(root, 'tsconfig.json'), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, ' '))
    },
  })
  if (config === undefined) throw new Error('no tsconfig.json')
  const host = ts.createCompilerHost(config.options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (path) => added.has(path) || fileExists(path)
  host.getSourceFile = (path, options, ...rest) => {
    const text = added.get(path)
    return text === undefined ? getSourceFile(path, options, ...rest) : ts.createSourceFile(path, text, options, true)
  }
  const sources = config.fileNames.filter((name) => relative(root, name).startsWith('src/'))
  return ts.createProgram([...sources, ...added.keys()], config.options, host)
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  const { misuses, keys } = checkDigits(programOf(root), root, (file) => file.startsWith('src/'))
  for (const { file, line, says } of misuses) process.stdout.write(`${file}:${line}: ${says}\n`)
  process.stdout.write(`${keys} uses of keys, ${misuses.length} that are refused\n`)
  if (keys === 0 || misuses.length > 0) process.exitCode = 1
}
